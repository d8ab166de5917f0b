import RefreshCore

/// The answer to a probe of a service manager or a load balancer.
struct HealthCheck: Equatable {
    let isGood: Bool
    let words: String

    /// A live scheduler completes a turn a minute, whatever happens outside.
    static let longestTurn = Duration.seconds(120)

    /// Whether the daemon works: its scheduler completes turns with a store that answers.
    static func health(sinceLastTurn: Duration?, isStopping: Bool) -> HealthCheck {
        if isStopping { return HealthCheck(isGood: true, words: "Stopping: calls under way may end.") }
        guard let span = sinceLastTurn else {
            return HealthCheck(isGood: true, words: "Starting: the store is being opened and read.")
        }
        guard span <= longestTurn else {
            return HealthCheck(
                isGood: false,
                words: "The scheduler has not completed a turn for \(span.roundedText): its store does not answer,"
                    + " or it hangs. Look: journalctl -t bankrefreshd -p warning")
        }
        return HealthCheck(isGood: true, words: "The scheduler works.")
    }

    /// Whether the daemon has begun to call and is not ending.
    static func readiness(sinceLastTurn: Duration?, isStopping: Bool) -> HealthCheck {
        if isStopping { return HealthCheck(isGood: false, words: "Stopping.") }
        guard sinceLastTurn != nil else { return HealthCheck(isGood: false, words: "Starting.") }
        return health(sinceLastTurn: sinceLastTurn, isStopping: false)
    }
}
