import Glibc
import RefreshConfiguration
import RefreshCore
import TightAPI

/// The hops on the daemon's path to the API, tested from this process.
struct ConnectionReport {
    private(set) var hops: [ConnectionHop] = []
    /// What the test could not cover.
    private(set) var notes: [String] = []
    private var hindrance: SystemExit?

    /// Tests the path once; with `isShown`, prints each hop as soon as its result is known.
    init(_ configuration: Configuration, file: String, isShown: Bool) async {
        do {
            let settings = try TightClientSettings(configuration, file: file, version: Version.text)
            let check = try ConnectionCheck(settings: settings, now: { Calendar.now })
            await check.run { hop in
                hops.append(hop)
                if isShown { StandardOutput.write("  \(Self.line(of: hop))\n") }
            }
            notes.append(Self.blindness)
        } catch {
            let failure = CommandFailure(describing: error)
            notes.append(
                "no connection was tried: \(failure.message)" + (failure.remedy.map { "; \($0)" } ?? ""))
            hindrance = failure.exit
        }
    }

    /// The exit code for a failed path; nil if calls would get through.
    var exit: SystemExit? {
        if let hindrance { return hindrance }
        if hops.contains(where: { $0.state == .misconfigured }) { return .configuration }
        // Calls skip an address that does not answer if another one does.
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
        return hop.place.rawValue.padded(to: 10) + state.padded(to: 8) + "\(hop.subject): \(hop.found)"
    }

    /// What is different inside the unit and not visible from here.
    private static var blindness: String {
        let user = getpwuid(geteuid()).map { String(cString: $0.pointee.pw_name) } ?? "user \(geteuid())"
        return "checked from here, as \(user): this does not cover what applies only to the service: firewall rules "
            + "for its user, and IPAddressDeny=, PrivateNetwork=, NetworkNamespacePath= and the like in a drop-in "
            + "(systemctl cat bankrefreshd)"
    }
}
