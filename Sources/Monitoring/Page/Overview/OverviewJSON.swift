import FoundationEssentials
import RefreshCore

/// The overview for programs, and for the page's script.
///
/// Moments are RFC 3339 in UTC, spans are in seconds, and unknown values are left out. `fragments` are parts of the
/// page, only for its script.
struct OverviewJSON: Encodable {
    struct State: Encodable {
        let level: Health.Severity
        let headline: String
    }

    struct Quarter: Encodable {
        let from: String
        let called: Int
        let refreshed: Int
        let planned: Int?
    }

    struct Member: Encodable {
        let name: String
        let version: String
        let isAlive: Bool
        let seen: String
        let callsInFlight: Int
        let calls: Int
    }

    let at: String
    let since: String
    let version: String
    let health: State
    let needs: [Health.Finding]
    let users: [String: Int]?
    let overdue: Int?
    let scheduleLagSeconds: Double
    let breaker: String
    let inFlight: Int
    let concurrency: Int
    let outcomesLastDay: [String: Int]
    let curve: [Quarter]
    /// The daemons that share the store; missing if it belongs to one.
    let members: [Member]?
    let documentTitle: String
    let fragments: [String: String]

    init(_ overview: Overview) {
        let fleet = overview.fleet
        at = overview.now.description
        since = overview.since.description
        version = overview.version
        health = State(level: overview.health.level, headline: overview.health.headline)
        needs = overview.health.findings
        users = fleet.census.map { census in
            Dictionary(uniqueKeysWithValues: UserState.Kind.allCases.map { ($0.rawValue, census.byState[$0] ?? 0) })
        }
        overdue = fleet.census?.overdue
        scheduleLagSeconds = Double(fleet.scheduleLag.wholeMicroseconds) / 1_000_000
        breaker = fleet.breaker.name
        inFlight = fleet.inFlight
        concurrency = fleet.concurrency ?? 0
        let lastDay = fleet.lastDay
        outcomesLastDay = Dictionary(
            uniqueKeysWithValues: OutcomeKind.allCases.map { ($0.rawValue, lastDay[$0] ?? 0) })
        curve = overview.quarters.map {
            Quarter(
                from: $0.start.description, called: $0.called, refreshed: $0.refreshed, planned: $0.planned)
        }
        members = fleet.fleet.map { state in
            state.members.map { member in
                Member(
                    name: member.name, version: member.version, isAlive: state.isLiving(member),
                    seen: member.seenAt.description, callsInFlight: member.report.callsInFlight,
                    calls: member.report.calls)
            }
        }
        documentTitle = PageDocument.title(overview)
        fragments = PageDocument.fragments(overview)
    }

    static func encoded(_ overview: Overview) throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys]
        return String(decoding: try encoder.encode(OverviewJSON(overview)), as: UTF8.self)
    }
}
