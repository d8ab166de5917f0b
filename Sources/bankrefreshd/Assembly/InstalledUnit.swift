import Glibc
import Host

/// The service's unit as systemd has loaded it.
struct InstalledUnit {
    private static let name = "bankrefreshd.service"

    /// Nil if the unit runs as root, or as a user that this machine does not know.
    let user: ServiceUser?
    let sandbox: UnitSandbox
    let credentials: UnitCredentials

    /// The unit's properties, as lines of the form `name=value`; nil if systemd does not run here.
    static func shown(_ properties: [String]) -> String? {
        guard access("/run/systemd/system", F_OK) == 0,
            let shown = try? ChildProgram.run(
                "systemctl", ["show", "--property=" + properties.joined(separator: ","), name]),
            shown.status == 0
        else { return nil }
        return String(decoding: shown.output, as: UTF8.self)
    }

    /// Nil if no unit of this name reads the configuration `file`.
    init?(reading file: String) {
        let names = UnitSandbox.properties + ["LoadState", "User", "ExecStart", "Environment"]
        guard let properties = Self.shown(names) else { return nil }
        let lines = properties.split(separator: "\n")
        func value(_ name: String) -> Substring? {
            lines.first { $0.hasPrefix(name + "=") }?.dropFirst(name.count + 1)
        }
        let readsFile =
            file == ConfigurationOption.standardPath
            || [value("ExecStart"), value("Environment")].contains { $0?.contains(file) ?? false }
        guard value("LoadState") == "loaded", readsFile else { return nil }
        let user = value("User").flatMap { $0.isEmpty ? nil : ServiceUser(name: String($0)) }
        self.user = user?.id == 0 ? nil : user
        sandbox = UnitSandbox(properties: properties)
        // Before systemd 254, `systemctl show` does not print credentials as text.
        let text = try? ChildProgram.run("systemctl", ["cat", Self.name])
        credentials = UnitCredentials(unit: text.map { String(decoding: $0.output, as: UTF8.self) } ?? "")
    }
}

/// A user that the daemon runs as.
struct ServiceUser: Equatable {
    let name: String
    let id: uid_t
    let group: gid_t

    /// Nil if there is no such user.
    init?(name: String) {
        var (entry, found) = (passwd(), UnsafeMutablePointer<passwd>?.none)
        var buffer = [CChar](repeating: 0, count: 16_384)
        guard getpwnam_r(name, &entry, &buffer, buffer.count, &found) == 0, found != nil else { return nil }
        (self.name, id, group) = (name, entry.pw_uid, entry.pw_gid)
    }

    init(id: uid_t, group: gid_t) {
        var (entry, found) = (passwd(), UnsafeMutablePointer<passwd>?.none)
        var buffer = [CChar](repeating: 0, count: 16_384)
        let isKnown = getpwuid_r(id, &entry, &buffer, buffer.count, &found) == 0 && found != nil
        name = isKnown ? String(cString: entry.pw_name) : "\(id)"
        (self.id, self.group) = (id, group)
    }

    /// Runs `body` with the rights of this user, then restores the previous ones; nil if they cannot be taken on.
    ///
    /// The whole process has these rights meanwhile.
    func acting<Answer, Failure>(_ body: () throws(Failure) -> Answer) throws(Failure) -> Answer? {
        if geteuid() == id { return try body() }
        let count = getgroups(0, nil)
        var groups = [gid_t](repeating: 0, count: max(0, Int(count)))
        guard getgroups(count, &groups) >= 0 else { return nil }
        let (user, group) = (geteuid(), getegid())
        defer {
            _ = seteuid(user)
            _ = setegid(group)
            _ = setgroups(groups.count, groups)
        }
        guard initgroups(name, self.group) == 0, setegid(self.group) == 0, seteuid(id) == 0 else { return nil }
        return try body()
    }
}
