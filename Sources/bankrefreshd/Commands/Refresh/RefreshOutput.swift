import RefreshCore
import RefreshDaemon

/// Prints results as they arrive: all of them for named users, only failed calls for a whole fleet.
struct RefreshOutput {
    let isJSON: Bool
    let isFleet: Bool
    private(set) var tally = RefreshTally()
    private(set) var array = JSONArrayWriter()
    private(set) var progress = Progress()

    mutating func show(_ reports: [RefreshReport]) throws {
        for report in reports {
            tally.add(report)
            if isJSON {
                try array.write(report)
            } else if !isFleet || report.answer == .done && report.outcome != .refreshed {
                progress.clear()
                StandardOutput.write(Self.line(report))
            }
        }
    }

    /// Like `show`, for some users of a fleet of `total`, with the progress.
    mutating func show(_ reports: [RefreshReport], of total: Int?) throws {
        try show(reports)
        progress.show(share: total.map { Double(tally.total) / Double(max(1, $0)) }, tally.text)
    }

    func stop() {
        progress.clear()
        Remark.write("stopped: all calls wait: \(tally.hold ?? "they are suspended")", on: nil)
    }

    mutating func end() {
        progress.clear()
        if isJSON { return array.end() }
        guard isFleet else { return }
        StandardOutput.write("\(tally.text)\n")
        if tally.queued > 0, let hold = tally.hold { StandardOutput.write("they wait: \(hold)\n") }
    }

    private static func line(_ report: RefreshReport) -> String {
        var line = "\(report.userID): "
        switch report.answer {
        case .done:
            line += report.outcome.map { TextStyle($0).on($0.rawValue) } ?? "done"
            if let reason = report.reason { line += ", \(reason)" }
            if let due = report.nextDue {
                line += ", next \(due)"
            } else if report.outcome == .unauthorized || report.outcome == .forbidden,
                let id = try? UserID(report.userID)
            {
                line += "; to fix it: \(FixCommand.standing(of: id))"
            }
        case .queued:
            line += "queued, due \(report.nextDue ?? "now")"
            if let reason = report.reason {
                line += "; waits" + (report.until.map { " until \($0)" } ?? "") + ": \(reason)"
            }
        case .noSuchUser: line += report.reason ?? "there is no such user"
        case .refused:
            line += "refused"
            if let until = report.until { line += " until \(until)" }
            if let reason = report.reason { line += ": \(reason)" }
        }
        return line + "\n"
    }
}

/// Counts the results of a refresh.
struct RefreshTally {
    private(set) var outcomes: [OutcomeKind: Int] = [:]
    private(set) var refusals: [RefreshReport.Refusal: Int] = [:]
    private(set) var queued = 0
    private(set) var unknown = 0
    /// What delays all calls, in the words of the latest answer.
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

    /// Such as `1,204 users called: 1,200 refreshed, 4 rejected; 100 refused: 96 minimum interval, 4 budget`.
    var text: String {
        var parts: [String] = []
        if queued > 0 { parts.append("\(queued.counted("user")) due now") }
        if called > 0 || total == 0 {
            let counts = OutcomeKind.allCases.compactMap { kind in
                outcomes[kind].map { "\($0.grouped) \(kind.rawValue)" }
            }
            parts.append("\(called.counted("user")) called" + Self.list(counts))
        }
        if refused > 0 {
            let counts = RefreshReport.Refusal.allCases.compactMap { refusal in
                refusals[refusal].map { "\($0.grouped) \(refusal.words)" }
            }
            parts.append("\(refused.grouped) refused" + Self.list(counts))
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
        case .outOfTouch: "out of touch"
        case .parked, .paused, .budget, .window, .changed, .breaker, .throttled, .limits: rawValue
        }
    }
}
