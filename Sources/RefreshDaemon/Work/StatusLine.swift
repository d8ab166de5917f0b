package import RefreshCore

/// The daemon's state in one short line, for `systemctl status` and the like.
package enum StatusLine {
    package static func text(
        gate: AdmissionGate, settings: LiveSettings, store: StoreHealth, nextDue: Timestamp?
    ) -> String {
        var parts: [String] = []
        if let trouble = store.trouble {
            parts.append(trouble.sentence + "; nobody is called until it does")
        } else if let pause = gate.fleetPause {
            parts.append(
                "Paused by the operator" + (pause.until.map { " until \($0)" } ?? "")
                    + (pause.reason.map { " (\($0))" } ?? ""))
        } else if let pause = gate.throttlingPause {
            parts.append("Waiting until \(pause.until): Tight asks to call less often")
        } else {
            switch gate.breaker {
            case .closed:
                let rate = gate.learnedRate.map { " at \($0.callsText), as many as Tight lets through" } ?? ""
                parts.append("Refreshing" + rate)
            case .open(let opening) where nextDue.map { $0 > opening.until } ?? false:
                // Nobody is due sooner: asking for nobody's sake would cost a call.
                parts.append("The next call probes the API: \(reason(opening.cause))")
            case .open(let opening):
                parts.append("Waiting for the API until \(opening.until): \(reason(opening.cause))")
            case .probing(let opening, _, _): parts.append("Probing the API: \(reason(opening.cause))")
            }
        }
        let problems = settings.problemsInFile
        if problems > 0 { parts.append("reload refused, \(problems) problem\(problems == 1 ? "" : "s") in the file") }
        parts.append("\(gate.inFlight) in flight")
        if let next = nextCall(nextDue, gate: gate, store: store) { parts.append("next call \(next)") }
        return parts.joined(separator: ", ")
    }

    /// Not sooner than what holds all calls up; nil while nobody can tell.
    private static func nextCall(_ nextDue: Timestamp?, gate: AdmissionGate, store: StoreHealth) -> Timestamp? {
        guard let nextDue, nextDue < .distantFuture, store.trouble == nil else { return nil }
        if let pause = gate.fleetPause { return pause.until.map { max($0, nextDue) } }
        return max(nextDue, gate.throttlingPause?.until ?? nextDue)
    }

    package static func reason(_ cause: Breaker.Cause) -> String {
        switch cause {
        case .failureRate(let failed, let calls, let latest):
            "\(failed) of \(calls) calls failed, lately \(latest.briefReason ?? latest.kind.rawValue)"
        case .misconfigured(let what): what.text
        case .probeFailed(let outcome): "a probe failed, \(outcome.briefReason ?? outcome.kind.rawValue)"
        }
    }
}
