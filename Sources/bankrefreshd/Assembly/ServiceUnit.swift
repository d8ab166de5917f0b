import FoundationEssentials

/// A unit of the service manager.
struct ServiceUnit: Equatable {
    let name: String

    /// The service whose main process it is; nil where it is none's: whatever else is in a unit must not be restarted.
    init?(of process: Int32) {
        guard let groups = try? String(contentsOfFile: "/proc/\(process)/cgroup", encoding: .utf8),
            let unit = ServiceUnit(controlGroups: groups),
            let main = try? ChildProgram.ask("systemctl", ["show", "--property=MainPID", unit.name]),
            String(decoding: main.output, as: UTF8.self) == "MainPID=\(process)\n"
        else { return nil }
        self = unit
    }

    /// Source: cgroups(7), `/proc/PID/cgroup`; systemd names a service's group after it.
    init?(controlGroups: String) {
        for line in controlGroups.split(separator: "\n") where line.hasPrefix("0:") || line.contains(":name=systemd:") {
            if let name = line.split(separator: "/").last(where: { $0.hasSuffix(".service") }) {
                self.name = String(name)
                return
            }
        }
        return nil
    }

    /// Returns once it runs again, and whether it does.
    func restart() throws -> Bool {
        try ChildProgram.run("systemctl", ["restart", name]).status == 0
    }
}
