import RefreshCore
import RefreshDaemon

/// What became of users that were to be refreshed, in numbers.
struct RefreshTally {
    private(set) var outcomes: [OutcomeKind: Int] = [:]
    private(set) var refusals: [RefreshReport.Refusal: Int] = [:]
    private(set) var queued = 0
    private(set) var unknown = 0
    /// What holds all calls up, in the latest answer's words.
    private(set) var hold: String?

    mutating func add(_ report: RefreshReport) {
        switch report.answer {
        case .done: outcomes[report.outcome ?? .unknown, default: 0] += 1
        case .refused: refusals[report.refusal ?? .changed, default: 0] += 1
        case .noSuchUser: unknown += 1
        case .queued: queued += 1
        }
        if report.answer == .queued || report.refusal?.holdsForAll == true {
            hold = report.reason.map { $0 + (report.until.map { " until \($0)" } ?? "") }
        }
    }

    var called: Int { outcomes.values.reduce(0, +) }
    var refused: Int { refusals.values.reduce(0, +) }
    var total: Int { called + refused + queued + unknown }
    var isAnyUnknown: Bool { unknown > 0 }
    var isAllDone: Bool { total == queued + (outcomes[.refreshed] ?? 0) }

    /// `1204 users called: 1200 refreshed, 4 rejected; 100 refused: 96 minimum interval, 4 budget`.
    var text: String {
        var parts: [String] = []
        if queued > 0 { parts.append("\(Count.of(queued, "user")) due now") }
        if called > 0 || total == 0 {
            let counts = OutcomeKind.allCases.compactMap { kind in outcomes[kind].map { "\($0) \(kind.rawValue)" } }
            parts.append("\(Count.of(called, "user")) called" + Self.list(counts))
        }
        if refused > 0 {
            let counts = RefreshReport.Refusal.allCases.compactMap { refusal in
                refusals[refusal].map { "\($0) \(refusal.words)" }
            }
            parts.append("\(refused) refused" + Self.list(counts))
        }
        return parts.joined(separator: "; ")
    }

    private static func list(_ counts: [String]) -> String {
        counts.isEmpty ? "" : ": " + counts.joined(separator: ", ")
    }
}

extension RefreshReport.Refusal {
    fileprivate var words: String {
        switch self {
        case .floor: "minimum interval"
        case .inFlight: "in flight"
        case .fleetPaused: "fleet paused"
        case .parked, .paused, .budget, .window, .changed, .breaker, .throttled, .limits: rawValue
        }
    }
}
