extension Alert {
    /// The problem, in a sentence without its full stop.
    package var text: String {
        let users = figure.users ?? 0
        let called = "\((figure.total ?? 0).counted("user")) called in the last \(span.roundedText)"
        let text =
            switch kind {
            case .rejected: "\(users.grouped) of \(called) were answered FAILURE"
            case .refused: "\(users.grouped) of \(called) have a token that Tight does not accept"
            case .refusedCalls:
                "\(users.grouped) of \((figure.total ?? 0).counted("user")) are refused by Tight with a 4xx status, "
                    + "too many to park anybody for it"
            case .api: "\(users.grouped) of \(called) got no usable answer from the API"
            case .failing: "\(users.grouped) of \(called) were not refreshed"
            case .stale:
                "\(users.grouped) of \((figure.total ?? 0).counted("user")) had no success for "
                    + "\(Self.plain(figure.span ?? 0)) turns of their schedule"
            case .expiring: "\(users.counted("token")) will expire within \(span.roundedText)"
            case .late: "calls are made \(Self.span(figure.value).roundedText) late"
            }
        return "\(text) (\(share.map { "\(Self.percent($0)), " } ?? "")alert from \(thresholdText))"
    }

    /// The share of the surveyed users; not `value`, which is 0 if they are too few.
    private var share: Double? {
        guard let users = figure.users, let total = figure.total else { return nil }
        return total > 0 ? Double(users) / Double(total) : 0
    }

    private var thresholdText: String {
        switch kind {
        case .rejected, .refused, .refusedCalls, .api, .failing, .stale: Self.percent(threshold)
        case .expiring: Int(clamping: Int64(min(threshold, 1e15))).counted("token")
        case .late: Self.span(threshold).roundedText
        }
    }

    private static func percent(_ share: Double) -> String { "\(plain((share * 1_000).rounded() / 10)) %" }

    private var span: Duration { Self.span(figure.span ?? 0) }

    private static func span(_ seconds: Double) -> Duration { .seconds(min(max(0, seconds), 1e12)) }

    /// Without a fraction where there is none: `3`, `2.5`.
    private static func plain(_ number: Double) -> String {
        number == number.rounded() && abs(number) < 1e15 ? "\(Int(number))" : "\(number)"
    }
}

extension AlertKind {
    /// The command that shows what it is about.
    package var inspection: String {
        switch self {
        case .rejected: "bankrefreshd users list --outcome rejected"
        case .refused: "bankrefreshd users list --state parked"
        case .refusedCalls: "bankrefreshd users list --outcome refused"
        case .api, .failing, .late: "bankrefreshd status"
        case .stale: "bankrefreshd users list --state backing-off"
        case .expiring: "bankrefreshd users list --sort expiry"
        }
    }
}
