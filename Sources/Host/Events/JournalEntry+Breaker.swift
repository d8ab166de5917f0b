import RefreshCore

extension JournalEntry {
    init(_ change: Breaker.Change, at now: Timestamp) {
        switch change {
        case .opened(let opening):
            let until = opening.until.description
            let blame = opening.cause.blame
            let mend = blame == .api ? "" : "; to find the cause: bankrefreshd check-config --connect"
            self.init(
                MessageID(opening: blame),
                at: now,
                message: "All calls are suspended until \(until): \(opening.cause.text)\(mend)"
            )
            append(.error, opening.cause.text)
            append(.nextDue, until)
        case .probing(let opening):
            let span = opening.at.duration(to: now).roundedText
            self.init(
                .breakerProbing,
                at: now,
                message: "After a pause of \(span), a few calls probe whether the API answers"
            )
        case .closed(let opening):
            // Only the start of the last pause is known; for several pauses, their number is given.
            let outage =
                opening.count == 1 ? opening.at.duration(to: now).roundedText : opening.count.counted("pause")
            self.init(
                .breakerClosed,
                at: now,
                message: "The API answers again after \(outage): calls resume"
            )
        }
    }
}

extension JournalEntry {
    init(_ change: LearnedRate.Change, at now: Timestamp) {
        switch change {
        case .found(let rate):
            self.init(
                .rateLimitFound,
                at: now,
                message: "Tight accepts about \(rate.callsText): the daemon makes no more, and tries a higher rate now "
                    + "and then"
            )
        case .gone(let rate):
            self.init(
                .rateLimitGone,
                at: now,
                message: "Tight accepts more than \(rate.callsText) again: limits.requestsPerSecond applies"
            )
        }
    }
}

extension MessageID {
    fileprivate init(opening blame: Breaker.Cause.Blame) {
        switch blame {
        case .api: self = .breakerOpened
        case .configuration: self = .breakerMisconfigured
        case .proxy: self = .breakerProxy
        }
    }
}

extension JournalEntry {
    init(raised alert: Alert, at now: Timestamp) {
        self.init(
            MessageID(alert.kind), at: now, message: "Alert: \(alert.text); to see more: \(alert.kind.inspection)")
        append(alert)
    }

    init(ended alert: Alert, lasted: Duration, _ ending: Alert.Ending, at now: Timestamp) {
        let message =
            switch ending {
            case .over: "The alert is over after \(lasted.roundedText): \(alert.text)"
            case .switchedOff: "The alert \(alert.kind.rawValue) was turned off after \(lasted.roundedText)"
            }
        self.init(.alertEnded, at: now, message: message)
        append(alert)
        append(.alertLasted, lasted.wholeMicroseconds)
    }

    private mutating func append(_ alert: Alert) {
        append(.alert, alert.kind.rawValue)
        append(.alertValue, "\(alert.figure.value)")
        append(.alertThreshold, "\(alert.threshold)")
        append(.alertUsers, alert.figure.users)
    }
}

extension MessageID {
    init(_ alert: AlertKind) {
        switch alert {
        case .rejected: self = .alertRejected
        case .refused: self = .alertRefused
        case .refusedCalls: self = .alertRefusedCalls
        case .api: self = .alertAPI
        case .failing: self = .alertFailing
        case .stale: self = .alertStale
        case .expiring: self = .alertExpiring
        case .late: self = .alertLate
        }
    }
}
