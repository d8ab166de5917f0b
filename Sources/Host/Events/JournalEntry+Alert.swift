import RefreshCore

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
