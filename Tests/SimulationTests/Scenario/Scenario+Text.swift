import RefreshCore
import RefreshDaemon

extension Scenario: CustomStringConvertible {
    /// The story in a few lines.
    var description: String {
        let policy = settings[0].policies.standard
        let admission = settings[0].admission
        return """
            seed \(seed): \(users) users in \(groups.count) groups, \(wholeSpan.roundedText), \
            \(settings.count) configurations
              every \(policy.cadence.every.text), minimum interval \(policy.minimumInterval.text), \
            \(policy.attemptsPerDay) a day; \(admission.requestsPerSecond)/s, burst \(admission.burst), \
            \(admission.concurrency) at once
              weather: \(weather.phases.map { "\($0.from.roundedText) \($0.kind)" }.joined(separator: ", "))
              poison: \(poison.sorted { $0.key < $1.key }.map { "user-\($0.key) \($0.value)" }.joined(separator: ", "))
              acts: \(acts.map { "\($0.at.roundedText) \($0.act)" }.joined(separator: "\n        "))
            """
    }
}
