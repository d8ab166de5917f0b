import Testing

@testable import RefreshCore

@Suite struct AlertWatchTests {
    private static let rule = AlertRule(threshold: 0.2, end: 0.1, hold: .minutes(10))
    private static let start = Timestamp(secondsSinceEpoch: 1_900_000_000)

    private func clock(_ minute: Int64) -> ClockReading {
        ClockReading(wall: Self.start.advanced(by: .minutes(minute)), sinceBoot: .minutes(minute))
    }

    private func word(_ change: Event?) -> String {
        switch change {
        case .alertRaised: "raised"
        case .alertEnded(_, _, .over): "over"
        case .alertEnded(_, _, .switchedOff): "off"
        default: "-"
        }
    }

    /// Measurements five minutes apart; nil is one that says nothing.
    @Test(
        arguments: [
            ("holds for long enough", [0.3, 0.3, 0.3, 0.3], "- - raised -"),
            ("is over before it is told", [0.3, 0.3, 0.1, 0.3, 0.3], "- - - - -"),
            ("reaches the threshold exactly", [0.2, 0.2, 0.2], "- - raised"),
            ("stays between both thresholds", [0.3, 0.3, 0.3, 0.15, 0.15, 0.15, 0.15], "- - raised - - - -"),
            ("ends at the end's own value", [0.3, 0.3, 0.3, 0.1, 0.1, 0.1], "- - raised - - over"),
            ("comes back while it ends", [0.3, 0.3, 0.3, 0, 0, 0.15, 0, 0, 0], "- - raised - - - - - over"),
            ("cannot be told for a while", [0.3, nil, 0.3, 0.3, 0.3], "- - - - raised"),
            (
                "cannot be told once it is raised", [0.3, 0.3, 0.3, nil, nil, nil, 0, nil, 0, 0, 0],
                "- - raised - - - - - - - over"
            ),
            ("comes and goes", [0.3, 0, 0.3, 0, 0.3, 0, 0.3, 0], "- - - - - - - -"),
        ] as [(String, [Double?], String)])
    func `is raised and ends as its rule says when it`(name: String, values: [Double?], expected: String) {
        var watch = AlertWatch(.rejected)
        let words = values.enumerated().map { index, value in
            let reading = value.map { AlertReading.figure(Alert.Figure(value: $0)) } ?? .unknown
            return word(watch.observe(reading, rule: Self.rule, at: clock(Int64(index) * 5)))
        }
        #expect(words.joined(separator: " ") == expected, "\(name)")
    }

    @Test func `tells since when it holds and how long it lasted`() throws {
        var watch = AlertWatch(.late)
        var changes: [Event] = []
        for (minute, value) in [(0, 0.5), (5, 0.6), (10, 0.7), (60, 0), (65, 0), (70, 0)] as [(Int64, Double)] {
            // The readings in between: none is further from the next than may be.
            let change = watch.observe(.figure(.init(value: value)), rule: Self.rule, at: clock(minute))
            if let change { changes.append(change) }
            for filling in stride(from: minute + 5, to: minute == 10 ? 60 : minute, by: 5) {
                _ = watch.observe(.figure(.init(value: 0.5)), rule: Self.rule, at: clock(filling))
            }
        }
        guard case .alertRaised(let alert)? = changes.first,
            case .alertEnded(let ended, let lasted, .over)? = changes.last
        else {
            Issue.record("\(changes)")
            return
        }
        #expect(changes.count == 2)
        #expect(alert.since == Self.start && alert.figure.value == 0.7 && alert.threshold == 0.2)
        #expect(ended.since == Self.start && lasted == .minutes(70))
    }

    @Test func `time that nobody measured is not held against anybody`() {
        var watch = AlertWatch(.late)
        let high = AlertReading.figure(.init(value: 1))
        #expect(watch.observe(high, rule: Self.rule, at: clock(0)) == nil)
        // The machine slept for eight hours.
        #expect(watch.observe(high, rule: Self.rule, at: clock(480)) == nil)
        #expect(word(watch.observe(high, rule: Self.rule, at: clock(490))) == "raised")
    }

    @Test func `follows the steady clock, whatever is done to the calendar`() {
        var watch = AlertWatch(.late)
        let high = AlertReading.figure(.init(value: 1))
        func set(_ hours: Int64, _ minute: Int64) -> ClockReading {
            ClockReading(wall: Self.start.advanced(by: .hours(hours)), sinceBoot: .minutes(minute))
        }
        #expect(watch.observe(high, rule: Self.rule, at: set(0, 0)) == nil)
        #expect(watch.observe(high, rule: Self.rule, at: set(100, 5)) == nil)
        #expect(word(watch.observe(high, rule: Self.rule, at: set(-100, 10))) == "raised")
        let calm = AlertReading.figure(.init(value: 0))
        #expect(watch.observe(calm, rule: Self.rule, at: set(500, 15)) == nil)
        guard case .alertEnded(_, let lasted, _) = watch.observe(calm, rule: Self.rule, at: set(0, 25)) else {
            Issue.record("not ended")
            return
        }
        #expect(lasted == .minutes(25))
    }

    @Test func `goes on with an alert of before a restart, without a word until it is over`() {
        let alert = Alert(kind: .stale, since: Self.start, figure: .init(value: 0.4), threshold: 0.2)
        var watch = AlertWatch(.stale)
        watch.restore(alert, at: clock(120))
        #expect(watch.raised == alert)
        #expect(watch.observe(.figure(.init(value: 0.4)), rule: Self.rule, at: clock(121)) == nil)
        #expect(watch.observe(.figure(.init(value: 0)), rule: Self.rule, at: clock(125)) == nil)
        guard
            case .alertEnded(_, let lasted, .over) = watch.observe(
                .figure(.init(value: 0)), rule: Self.rule, at: clock(135))
        else {
            Issue.record("not ended")
            return
        }
        #expect(lasted == .minutes(135))
    }

    @Test func `an alert that is switched off has its end too`() {
        var watch = AlertWatch(.stale)
        watch.restore(Alert(kind: .stale, since: Self.start, figure: .init(value: 1), threshold: 0.2), at: clock(0))
        let off = AlertRule(threshold: nil, end: 0, hold: .zero)
        #expect(word(watch.observe(.figure(.init(value: 1)), rule: off, at: clock(5))) == "off")
        #expect(word(watch.observe(.figure(.init(value: 1)), rule: off, at: clock(10))) == "-")
        #expect(watch.isQuiet)
    }

    /// Whatever is measured, whenever: words come in pairs, none too soon, and each for a reason that held.
    @Test(arguments: UInt64(0)..<200)
    func `never tells twice, and nothing sooner than it held`(seed: UInt64) {
        var arbitrary = Arbitrary(seed: seed)
        let end = Double.random(in: 0..<0.5, using: &arbitrary.random)
        let threshold = Double.random(in: end.nextUp...1, using: &arbitrary.random)
        let rule = AlertRule(threshold: threshold, end: end, hold: arbitrary.duration(.zero, .minutes(40)))
        var watch = AlertWatch(.api)
        var uptime = Duration.zero
        var history: [(at: Duration, value: Double?)] = []
        var lastChange: (at: Duration, isRaise: Bool)?
        var level = 0.0
        for _ in 0..<400 {
            uptime += arbitrary.duration(.seconds(30), arbitrary.chance(1, in: 20) ? .hours(1) : .minutes(6))
            if arbitrary.chance(1, in: 8) { level = Double.random(in: 0...1, using: &arbitrary.random) }
            let noise = Double.random(in: -0.1...0.1, using: &arbitrary.random)
            let value: Double? = arbitrary.chance(1, in: 30) ? nil : min(1, max(0, level + noise))
            history.append((uptime, value))
            let clock = ClockReading(wall: arbitrary.moment(), sinceBoot: uptime)
            let reading = value.map { AlertReading.figure(.init(value: $0)) } ?? .unknown
            guard let change = watch.observe(reading, rule: rule, at: clock) else { continue }
            let isRaise = if case .alertRaised = change { true } else { false }
            #expect(isRaise != lastChange?.isRaise ?? false)
            if let lastChange { #expect(uptime - lastChange.at >= rule.hold) }
            lastChange = (uptime, isRaise)
            // Every measurement of the span said the same, the one at its begin included.
            let inside =
                history.filter { uptime - $0.at < rule.hold } + history.suffix(where: { uptime - $0.at >= rule.hold })
            #expect(inside.allSatisfy { $0.value.map { isRaise ? $0 >= threshold : $0 <= end } ?? false })
            if !isRaise, case .alertEnded(_, let lasted, _) = change { #expect(lasted >= rule.hold) }
        }
    }
}

extension Array {
    /// The last element for which something holds, as an array.
    fileprivate func suffix(where holds: (Element) -> Bool) -> [Element] {
        last(where: holds).map { [$0] } ?? []
    }
}
