import Glibc
import PostgreSQLStore
import RefreshConfiguration
import RefreshCore
import RefreshDaemon
import TokenVault

/// Checks the server that keeps the store.
extension StartConditions {
    /// Connects as the daemon would, and changes nothing; `keys` is nil if the keys are not available.
    mutating func checkServer(_ configuration: Configuration, keys: KeyRing?, countsGroups: Bool) {
        let (path, store, configurationFile) = ("store.postgresql", configuration.store, file)
        let before = problems.count
        var server: ConnectionSettings?
        checkSecret(store.postgresql.password, path: "\(path).password") {
            server = try ConnectionSettings(store, file: configurationFile)
        }
        for (key, name) in [
            ("ca", store.postgresql.authorities), ("certificate", store.postgresql.certificate),
            ("key", store.postgresql.key),
        ] {
            if let name { checkFile(name, path: "\(path).\(key)") }
        }
        guard problems.count == before else { return }
        guard let server else {
            return notes.append("\(path): the server is not asked, because its password cannot be had here")
        }
        do {
            guard let found = try asDaemon({ () throws(StoreProblem) in try ServerExamination.examine(server) }) else {
                return noteUnchecked(path, server.place)
            }
            self.server = "\(found.server), PostgreSQL \(found.version)"
            note(found, path: path, mustExist: store.mustExist)
            for problem in found.problems { add(problem, at: path) }
            if found.problems.isEmpty, !found.isThere, store.mustExist {
                add(StoreProblem.missing(place: server.place), at: "store.mustExist")
            }
            if found.problems.isEmpty { compare(SharedSettings(of: configuration), with: found, configuration.store) }
            guard let marks = found.marks else { return }
            if countsGroups { checkGroups(found.groups, configuration.policies) }
            try StoreOpening.check(
                marks, of: server.place, keys: keys, demands: .init(environment: configuration.api.server.description))
        } catch {
            // The server may admit the daemon's user even if it refuses this one.
            if case .notAllowed = error, service == nil, geteuid() != 0 { return noteUnchecked(path, server.place) }
            add(error, at: key(for: error, path: path))
        }
    }

    private mutating func note(_ found: ServerExamination, path: String, mustExist: Bool) {
        if found.isPooled {
            notes.append(
                "\(path): a pooler stands before the server; the daemon works through it, with its time limits as well")
        }
        guard found.problems.isEmpty else { return }
        if !found.isThere {
            if mustExist { return }
            notes.append("\(path): there is no store in the database yet; the daemon makes it when it starts")
        } else if found.isOlder {
            notes.append("\(path): an older version made the store; the daemon brings it up to date when it starts")
        }
    }

    /// Notes the differences from the fleet's settings, which a daemon that starts follows and reports.
    private mutating func compare(_ written: SharedSettings, with found: ServerExamination, _ store: StoreSettings) {
        let others = found.members.filter { $0 != store.memberName || isDaemonRunning }
        guard let settings = found.settings, !others.isEmpty else { return }
        do {
            let shared = try SharedSettings(text: settings.text)
            if shared.server != written.server, found.marks?.environment == nil {
                add(
                    "the daemons of the store (\(others.joined(separator: ", "))) call \(shared.server), and this file names "
                        + written.server, "fix the section api, or store.postgresql.database", at: "api")
            }
            for difference in written.differences(from: shared) {
                notes.append(
                    "\(difference.path) is \(difference.file) in this file and \(difference.fleet) in the fleet, where it "
                        + "stays after a restart; to make it \(difference.file) on all hosts: bankrefreshd reload --publish"
                )
            }
        } catch {
            add(
                "the daemons of the store (\(others.joined(separator: ", "))) follow settings that this version cannot "
                    + "apply: \(error)", "install the version that they have", at: "store.postgresql")
        }
    }

    /// Checks a file that libpq reads itself.
    private mutating func checkFile(_ file: String, path: String) {
        guard access(file, F_OK) == 0 else {
            if errno == EACCES { return noteUnchecked(path, file) }
            return add("there is no file \(file)", "put it there, or name another", at: path)
        }
        _ = isReadable(file, path: path)
    }
}
