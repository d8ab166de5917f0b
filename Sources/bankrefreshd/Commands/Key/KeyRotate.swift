import ArgumentParser
import ControlPlane
import FoundationEssentials
import Glibc
import RefreshConfiguration
import RefreshCore
import RefreshDaemon
import TokenVault

struct KeyRotate: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "rotate",
        abstract: "Encrypt every token with a new key.",
        discussion: """
            The command puts a new key first in the key file, lets the running daemon load it, and waits until every \
            token is encrypted with it. Calls go on meanwhile. After an interruption, the daemon continues by itself \
            or at its next start. Old keys stay in the file until bankrefreshd key prune removes them; keep them as \
            long as the backups that need them.

            If the key is a credential, as installed, systemd passes it to the service at a start. The command \
            therefore restarts the service after calls in flight have ended. If the credential is not in a plain file \
            beside the configuration, put the new key before the old one in what the unit loads, restart, and run the \
            command with --reseal.

              bankrefreshd key rotate
              bankrefreshd key rotate --reseal
            """)

    @OptionGroup var common: CommonOptions

    @Flag(help: "Make no new key; encrypt with the first existing one.")
    var reseal = false

    func run() async throws {
        let configuration = try common.file.load()
        let source = KeySource(file: common.file.path, store: configuration.store)
        if configuration.store.postgresql.hosts != nil {
            try Self.checkAlone(try ChildProgram.ourselves(["status"], common))
        }
        // Holds the lock until every token is sealed with the new key.
        let lock = reseal ? nil : try source.lock()
        defer {
            if let lock { close(lock) }
        }
        if lock != nil {
            // Keys that do not fit the store must be detected before a key is added.
            let present = try source.keys()
            try check(present, against: try ChildProgram.ourselves(["key", "status"], common))
            let key = StoreKey.generate()
            try source.edit { KeyFile.adding(key, to: $0) }
            if !common.json {
                StandardError.write(
                    "key \(key.id) encrypts from now on; \(present.ids.map(\.description).joined(separator: ", "))"
                        + " \(present.ids.count == 1 ? "stays" : "stay") in the file for what is encrypted with"
                        + " \(present.ids.count == 1 ? "it" : "them")\n")
            }
            if case .credential = configuration.store.key {
                // Removes only its own key: other keys that were added meanwhile stay.
                try await handOver(key.id, socket: configuration.controlSocket) {
                    try source.edit { try KeyFile.removing([key.id], from: $0) }
                }
            }
        }
        try await common.withOperations { operations in try await seal(operations) }
    }

    /// Throws if other daemons use the store: their keys would not open the resealed tokens.
    static func checkAlone(_ status: StatusReport) throws {
        if let (problem, remedy) = whyUnknown(status) {
            throw CommandFailure(
                .tryLater, "which daemons work with the store is not known: \(problem); nothing was changed",
                remedy: remedy)
        }
        let others = status.members.filter { $0.isAlive && !$0.isAnswering }.map(\.name)
        guard !others.isEmpty else { return }
        let names = others.joined(separator: ", ")
        throw CommandFailure(
            .tryLater, "other daemons work with the store and have no new key: \(names); nothing was changed",
            remedy: "stop bankrefreshd on \(names), rotate, copy the key file there, and start them again; see "
                + "docs/postgresql.md")
    }

    /// Why it is unknown which daemons use the store; nil if it is known.
    private static func whyUnknown(_ status: StatusReport) -> (problem: String, remedy: String?)? {
        if status.areCountsMissing {
            return status.storeTrouble.map { ($0.problem, $0.remedy) }
                ?? (status.missingCountsText, "try again once it answers in time: bankrefreshd health")
        }
        // From its first heartbeat on, the daemon is itself a member.
        guard status.phase != .down, status.members.isEmpty else { return nil }
        return ("the daemon has not heard from the others yet", "try again in a few seconds")
    }

    /// Throws if the file lacks a key with which tokens are sealed: the daemon could not start with it.
    private func check(_ present: KeyRing, against report: KeyReport) throws {
        let atHand = Set(present.ids.map(\.description))
        guard let key = report.keys.first(where: { ($0.seals || $0.tokens ?? 0 > 0) && !atHand.contains($0.id) }) else {
            return
        }
        throw CommandFailure(
            .configuration,
            "store.key: the file does not hold key \(key.id), with which tokens are sealed; nothing was changed",
            remedy: "put that key back into the file; see docs/keys.md")
    }

    /// Makes a running daemon use the new key, by a restart if it holds the credentials of its start.
    ///
    /// `putBack` undoes the change of the file.
    private func handOver(_ id: KeyID, socket: String, putBack: () throws -> Void) async throws {
        let client = ControlClient(socketPath: socket)
        guard client.whyUnreachable() == nil else { return }
        func isSealing(_ report: KeyReport) -> Bool {
            report.keys.contains { $0.seals && $0.id == id.description }
        }
        // A daemon that was started by hand reads the file again.
        if isSealing(try await client.perform(ReloadKeys())) { return }
        guard let unit = client.listener.flatMap(Self.service(of:)) else {
            throw CommandFailure(
                .tryLater, "the daemon still holds the keys of its start, and there is no known unit to restart",
                remedy: "the new key is in the file; restart the daemon, then: bankrefreshd key rotate --reseal")
        }
        Remark.write("restarting \(unit), which loads its credentials at a start", on: nil)
        guard try ChildProgram.run("systemctl", ["restart", unit], capturing: [STDOUT_FILENO]).status == 0 else {
            throw CommandFailure(
                .tryLater, "\(unit) could not be restarted",
                remedy: "the new key is in the file; once it runs: bankrefreshd key rotate --reseal")
        }
        if isSealing(try await client.perform(ReadKeys())) { return }
        try putBack()
        throw CommandFailure(
            .configuration, "\(unit) does not load the credential from beside the configuration",
            remedy: "the file is as it was; change what the unit loads, a new key before the old ones, then: "
                + "systemctl restart \(unit) && bankrefreshd key rotate --reseal")
    }

    /// The service with this main process; nil if there is none: a unit that only contains it must not restart.
    ///
    /// Source: cgroups(7), `/proc/PID/cgroup`; systemd names a service's control group after the service.
    private static func service(of process: Int32) -> String? {
        guard let groups = try? String(contentsOfFile: "/proc/\(process)/cgroup", encoding: .utf8) else { return nil }
        let lines = groups.split(separator: "\n").filter { $0.hasPrefix("0:") || $0.contains(":name=systemd:") }
        let names = lines.compactMap { line in line.split(separator: "/").last { $0.hasSuffix(".service") } }
        guard let name = names.first.map(String.init),
            let main = try? ChildProgram.run("systemctl", ["show", "--property=MainPID", name]),
            String(decoding: main.output, as: UTF8.self) == "MainPID=\(process)\n"
        else { return nil }
        return name
    }

    private func seal(_ operations: any OperationPerforming) async throws {
        // A store without a daemon answers when all tokens are resealed, and reports its progress meanwhile.
        async let answer = operations.perform(ReloadKeys())
        let watching = Task {
            var progress = Progress()
            while !Task.isCancelled {
                if let share = try await operations.perform(ReadKeys()).resealing?.share {
                    progress.show(share: share, "re-encrypting")
                }
                try await Task.sleep(for: .milliseconds(200))
            }
        }
        defer {
            watching.cancel()
            Progress().clear()
        }
        var report = try await answer
        while report.resealing != nil {
            try await Task.sleep(for: .milliseconds(100))
            report = try await operations.perform(ReadKeys())
        }
        watching.cancel()
        // It would draw over the table.
        _ = await watching.result
        Progress().clear()
        if let failure = report.failure {
            throw CommandFailure(
                .tryLater, "re-encryption was interrupted: \(failure)",
                remedy: "it will be retried; see bankrefreshd key status")
        }
        let usage = try await operations.perform(CountKeyUsage())
        StandardOutput.write(common.json ? try JSONText.of(usage) : KeyStatus.text(usage))
    }
}
