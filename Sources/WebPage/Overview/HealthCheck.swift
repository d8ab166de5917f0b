import RefreshCore

/// The answer to a probe of a service manager or a load balancer.
struct HealthCheck: Equatable {
    let isGood: Bool
    let words: String

    /// A live scheduler completes a turn a minute, whatever happens outside.
    static let longestTurn = Duration.seconds(120)

    /// Whether the daemon works: its scheduler completes turns with a store that answers.
    ///
    /// A store that answers and takes no writes is no reason to restart anything: it is told, and no more.
    static func health(sinceLastTurn: Duration?, isStopping: Bool, storeTrouble: String? = nil) -> HealthCheck {
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
        if let storeTrouble {
            return HealthCheck(isGood: true, words: "The scheduler works, and calls nobody: \(storeTrouble)")
        }
        return HealthCheck(isGood: true, words: "The scheduler works.")
    }

    /// Whether the daemon has begun to call, can write down what comes of it, and is not ending.
    static func readiness(sinceLastTurn: Duration?, isStopping: Bool, storeTrouble: String? = nil) -> HealthCheck {
        if isStopping { return HealthCheck(isGood: false, words: "Stopping.") }
        guard sinceLastTurn != nil else { return HealthCheck(isGood: false, words: "Starting.") }
        let health = health(sinceLastTurn: sinceLastTurn, isStopping: false)
        guard health.isGood, let storeTrouble else { return health }
        return HealthCheck(isGood: false, words: "Calling nobody: \(storeTrouble)")
    }
}
