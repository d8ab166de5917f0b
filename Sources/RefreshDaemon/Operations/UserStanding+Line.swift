import RefreshCore

extension UserStanding {
    /// Adds the standing in the form that an import reads.
    func add(to line: inout JSONLines) {
        line.add("issued_at", precise: tokenIssuedAt)
        line.add("place", place.map { Int($0.rawValue) })
        line.add("state", state?.kind.rawValue)
        line.add("next_due", precise: state?.due)
        switch state {
        case .parked(let reason, let since):
            line.add("park_reason", reason.rawValue)
            line.add("parked_since", precise: since)
        case .paused(let end): line.add("paused_until", precise: end?.until)
        case .scheduled, .backingOff, nil: break
        }
        line.add("slot", precise: record.slot)
        line.add("reached_at", precise: record.reachedAt)
        line.add("day", String(Timestamp.startOfDay(record.day).description.prefix { $0 != "T" }))
        line.add("attempts_today", record.attemptsToday)
        line.add("last_success", precise: record.lastSuccess)
        line.add("failures", record.failures)
        line.add("failing_since", precise: record.failingSince)
        line.add("outage_tries", record.outageTries)
        line.add("outage_waits", record.outageWaits)
        if let refusal = record.refusal {
            line.add("refused_status", refusal.status)
            line.add("refused_turns", refusal.turns)
            line.add("refused_until", precise: refusal.turnEnds)
        }
        guard let last = record.lastAttempt else { return }
        line.add("last_attempt_at", precise: last.at)
        line.add("last_outcome", last.outcome.rawValue)
        line.add("last_http_status", last.httpStatus)
        line.add("last_reason", last.reason)
    }
}
