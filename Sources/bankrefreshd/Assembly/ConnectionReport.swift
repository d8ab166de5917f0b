import Glibc
import RefreshConfiguration
import RefreshCore
import TightAPI

/// What was met on the daemon's way to the API, gone from here.
struct ConnectionReport {
    private(set) var hops: [ConnectionHop] = []
    /// What could not be seen.
    private(set) var notes: [String] = []
    private var hindrance: SystemExit?

    /// Goes the way once; with `isShown` each hop is printed as it is known.
    static func make(_ configuration: Configuration, file: String, isShown: Bool) async -> ConnectionReport {
        var report = ConnectionReport()
        do {
            let settings = try TightClientSettings(configuration, file: file, version: Version.text)
            let check = try ConnectionCheck(settings: settings, now: { Calendar.now })
            await check.run { hop in
                report.hops.append(hop)
                if isShown { StandardOutput.write("  \(line(of: hop))\n") }
            }
            report.notes.append(blindness)
        } catch {
            let failure = CommandFailure(describing: error)
            report.notes.append(
                "no connection was tried: \(failure.message)" + (failure.remedy.map { "; \($0)" } ?? ""))
            report.hindrance = failure.exit
        }
        return report
    }

    /// Nil when every call would find its way.
    var exit: SystemExit? {
        if let hindrance { return hindrance }
        if hops.contains(where: { $0.state == .misconfigured }) { return .configuration }
        // Calls leave out an address that does not answer, as long as there is another one.
        let isThrough = hops.last?.place == .request
        let isBad = hops.contains { $0.state == .unavailable && !(isThrough && $0.place == .address) }
        return isBad || !isThrough ? .unreachable : nil
    }

    private static func line(of hop: ConnectionHop) -> String {
        let state =
            switch hop.state {
            case .good: "ok"
            case .noted: "note"
            case .unavailable, .misconfigured: "FAILED"
            }
        func padded(_ text: String, _ width: Int) -> String {
            text + String(repeating: " ", count: max(1, width - text.count))
        }
        return padded(hop.place.rawValue, 10) + padded(state, 8) + "\(hop.subject): \(hop.found)"
    }

    /// What is different inside the unit, and does not show from here.
    private static var blindness: String {
        let user = getpwuid(geteuid()).map { String(cString: $0.pointee.pw_name) } ?? "user \(geteuid())"
        return "checked from here, as \(user): this does not cover what applies only to the service: firewall rules "
            + "for its user, and IPAddressDeny=, PrivateNetwork=, NetworkNamespacePath= and the like in a drop-in "
            + "(systemctl cat bankrefreshd)"
    }
}
