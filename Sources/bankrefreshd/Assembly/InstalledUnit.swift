import FoundationEssentials
import Glibc
import Host

/// The service's unit, as the service manager has it.
struct InstalledUnit {
    private static let name = "bankrefreshd.service"

    /// Nil where it runs as root, or as somebody whom this machine does not know.
    let user: ServiceUser?
    let sandbox: UnitSandbox
    let credentials: UnitCredentials

    /// Nil where no unit of the name reads the configuration `file`.
    init?(reading file: String) {
        let names = UnitSandbox.properties + ["LoadState", "User", "ExecStart", "Environment"]
        guard access("/run/systemd/system", F_OK) == 0,
            let shown = try? ChildProgram.ask(
                "systemctl", ["show", "--property=" + names.joined(separator: ","), Self.name]),
            shown.status == 0
        else { return nil }
        let properties = String(decoding: shown.output, as: UTF8.self)
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
        // What it shows of credentials is no text before systemd 254.
        let text = try? ChildProgram.ask("systemctl", ["cat", Self.name])
        credentials = UnitCredentials(unit: text.map { String(decoding: $0.output, as: UTF8.self) } ?? "")
    }
}
