import RefreshCore
import RefreshDaemon

/// Everything that happens to a daemon in one simulated life story, drawn from a seed alone.
struct Scenario: Sendable {
    let seed: UInt64
    var users: Int
    /// Groups that users are dealt to in turn, nobody's group among them.
    var groups: [GroupName?]
    /// What the configuration file says one after another; the first is in force at the start.
    var settings: [DaemonSettings]
    var weather: Weather
    var poison: [Int: Poison]
    var acts: [Act.Timed]
    var storeManners: StoreManners
    /// How long things go wrong.
    var roughSpan: Duration
    /// How long the daemon has, in good weather, to be back with every user.
    var recoverySpan: Duration
    /// How long every user must be called at its pace after that.
    var steadySpan: Duration

    var wholeSpan: Duration { roughSpan + recoverySpan + steadySpan }

    /// The rules of every group under every configuration.
    var allPolicies: [UserPolicy] {
        settings.flatMap { [$0.policies.standard] + $0.policies.groups.values }
    }

    func group(of number: Int) -> GroupName? { groups[number % groups.count] }
}

/// What is wrong with one user for good.
enum Poison: String, CaseIterable, Sendable {
    case rejected, hangs, unauthorized, forbidden, malformed, refused, refusedForNow
}

/// How the store behaves beside its contract: how often its calls take a while.
struct StoreManners: Sendable {
    /// Out of 100 calls, how many let other work in before or after they commit.
    var yields = 0
    /// Out of 100 calls, how many take up to `longest`.
    var delays = 0
    var longest = Duration.milliseconds(1)
}
