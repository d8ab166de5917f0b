import RefreshCore
import RefreshDaemon

/// The answer to a probe of a service manager or a load balancer.
struct HealthCheck: Equatable {
    let isGood: Bool
    let words: String

    /// A live scheduler completes a turn a minute, whatever happens outside.
    static let longestTurn = Duration.seconds(120)

    /// Whether the daemon lives: its scheduler completes turns with a store that answers.
    ///
    /// Bad means that a restart may help; a store that does not take writes is told, and is not bad: the next daemon
    /// would meet the same.
    static func health(_ pulse: WebPulse) -> HealthCheck {
        if pulse.isStopping { return HealthCheck(isGood: true, words: "Stopping: calls under way may end.") }
        let trouble = pulse.storeTrouble.map { " \($0.sentence); nobody is called until it does." } ?? ""
        guard let span = pulse.sinceLastTurn else {
            return HealthCheck(isGood: true, words: "Starting: the store is being opened and read.\(trouble)")
        }
        guard span <= longestTurn else {
            return HealthCheck(
                isGood: false,
                words: "The scheduler has not completed a turn for \(span.roundedText): its store does not answer,"
                    + " or it hangs.\(trouble) Look: journalctl -t bankrefreshd -p warning")
        }
        return HealthCheck(isGood: true, words: "The scheduler works.\(trouble)")
    }

    /// Whether the daemon has begun to call, can, and is not ending.
    static func readiness(_ pulse: WebPulse) -> HealthCheck {
        if pulse.isStopping { return HealthCheck(isGood: false, words: "Stopping.") }
        guard pulse.sinceLastTurn != nil else { return HealthCheck(isGood: false, words: "Starting.") }
        let health = health(pulse)
        return HealthCheck(isGood: health.isGood && pulse.storeTrouble == nil, words: health.words)
    }
}
