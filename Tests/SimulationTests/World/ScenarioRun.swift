import RefreshCore
import RefreshDaemon
import TestSupport

/// Plays a scenario in virtual time and keeps what is needed to judge it.
final class ScenarioRun {
    let scenario: Scenario
    let time = ManualTime(now: Timestamp(secondsSinceEpoch: 1_790_000_000))
    let store: MemoryUserStore
    let bank: ScriptedBank
    let testimony: Testimony
    let trouble = StoreTroubleSwitch()
    let file: ChangingFile
    /// What the file held when it was last good.
    var goodSettings: DaemonSettings
    var process: Process?
    var dead: [Process] = []
    /// Jobs the process has left to live.
    var jobsLeft: Int?
    var nextLife: NextLife
    var nextStart: Duration?
    var stopAsked: Duration?
    var troubleEnds: Duration?
    var tokenVersions: [Int: Int] = [:]
    /// Users with a change of theirs under way: their next has to wait.
    let busy = BusyUsers()

    struct NextLife {
        var downtime = Duration.seconds(5)
        var step: Duration?
        var settings: DaemonSettings?

        /// Every fourth time the whole machine was off; told from the downtime, so that the stories of old seeds stay.
        var isAfterBoot: Bool { downtime.wholeMicroseconds.isMultiple(of: 4) }
    }

    init(_ scenario: Scenario) {
        self.scenario = scenario
        let time = time
        store = MemoryUserStore(seed: scenario.seed)
        testimony = Testimony { time.uptime }
        goodSettings = scenario.settings[0]
        file = ChangingFile(scenario.settings[0])
        nextLife = NextLife()
        bank = ScriptedBank(time: time)
        answerCalls()
    }

    /// The whole story, to a stopped daemon.
    func play() async throws {
        try await addFleet()
        start()
        for act in scenario.acts {
            advance(to: act.at)
            perform(act.act)
        }
        advance(to: scenario.roughSpan)
        clear()
        advance(to: max(time.uptime, scenario.roughSpan) + scenario.recoverySpan + scenario.steadySpan)
    }

    /// When the trouble ended.
    private(set) var cleared = Duration.zero
    private(set) var clearedCalendar = Timestamp.epoch

    /// From here on nothing goes wrong.
    private func clear() {
        trouble.set(nil)
        jobsLeft = nil
        if let nextStart { self.nextStart = min(nextStart, time.uptime) }
        if stopAsked != nil { nextLife.downtime = .seconds(1) }
        file.write(goodSettings)
        advance(to: time.uptime + .minutes(3))
        perform(.resumeFleet)
        cleared = time.uptime
        clearedCalendar = time.now
    }

    private func addFleet() async throws {
        let entries = try (0..<scenario.users).map { number in
            let id = try Fleet.id(number)
            let token = try newToken(number)
            return NewUser(
                id: id, group: scenario.group(of: number), token: try PlainVault().seal(token, as: .access, for: id),
                expiresAt: nil)
        }
        let policies = scenario.settings[0].policies
        let now = time.now
        _ = try await store.put(
            entries,
            added: {
                NextStep.added($0.id, at: $1, group: $0.group, policy: policies.policy(forGroup: $0.group), now: now)
            },
            replaced: { $1 })
    }

    /// A token of its own for every user and version, that nobody could mistake for anything else.
    func newToken(_ number: Int) throws -> AccessToken {
        let version = tokenVersions[number, default: 0] + 1
        tokenVersions[number] = version
        let token = try AccessToken("\(Self.tokenMark)-\(scenario.seed)-\(number)-\(version)".utf8)
        let id = try Fleet.id(number)
        testimony.note { facts, _ in facts.owners[AccessTokenKey(token)] = (id, version) }
        return token
    }

    static let tokenMark = "XyZZyS3cr3t"
}
