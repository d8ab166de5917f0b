package import RefreshCore

/// A fleet with more users due than may be called, before a server that lets so many calls through; in virtual time.
package struct RateLimitedFleet {
    package struct Minute {
        package var passed = 0
        package var refused = 0
    }

    private struct Occurrence: Comparable {
        enum Kind {
            case turn
            case arrival(user: Int64, ticket: Admission.Ticket, began: Double)
            case ending(EndedCall, ticket: Admission.Ticket)
        }

        let at: Double
        let order: Int
        let kind: Kind

        static func < (lhs: Occurrence, rhs: Occurrence) -> Bool { (lhs.at, lhs.order) < (rhs.at, rhs.order) }
        static func == (lhs: Occurrence, rhs: Occurrence) -> Bool { lhs.order == rhs.order }
    }

    package private(set) var admission: Admission
    package private(set) var minutes: [Minute] = []
    package private(set) var changes: [Event] = []
    /// How many users fall due in a second on the average; nil for more than may be called.
    package var demand: Double? {
        didSet {
            due = 0
            nextDue = now
        }
    }
    private var due = 0
    private var nextDue = 0.0
    private var isResting = false
    private var server: any RateLimitedServer
    private var random: SplitMix64
    private var heap = Heap<Occurrence>()
    private var order = 0
    private var now = 0.0
    private var nextTurn: Double?
    private var lastUser: Int64 = 0
    private let start = Timestamp.startOfDay(20_000)
    /// How long the work of a call takes on the average, in seconds.
    private let latency: Double
    /// By how much calls arrive later than others, in seconds.
    private let jitter: Double
    /// The share of calls whose users the server always refuses: they have a limit of their own.
    private let personal: Double

    package init(
        _ server: any RateLimitedServer, policy: Admission.Policy = .standard, latency: Double = 2,
        jitter: Double = 0.003, personal: Double = 0, seed: UInt64
    ) {
        self.server = server
        self.latency = latency
        self.jitter = jitter
        self.personal = personal
        admission = Admission(policy: policy, now: start)
        random = SplitMix64(seed: seed)
    }

    package mutating func play(minutes count: Int) {
        let end = Double((minutes.count + count) * 60)
        if order == 0 { turn(at: 0) }
        while let next = heap.first, next.at < end {
            heap.removeFirst()
            while Double(minutes.count) * 60 <= next.at { minutes.append(Minute()) }
            now = next.at
            switch next.kind {
            case .turn:
                guard nextTurn == now else { continue }
                nextTurn = nil
                takeTurn()
            case .arrival(let user, let ticket, let began): arrive(user, ticket, began)
            case .ending(let call, let ticket):
                let answer = admission.end(ticket, call, now: moment(now), using: &random)
                changes += answer.changes
                takeTurn()
            }
        }
        while minutes.count * 60 < Int(end) { minutes.append(Minute()) }
    }

    /// Lets time pass in which nobody is due.
    package mutating func rest(minutes count: Int) {
        isResting = true
        play(minutes: count)
        isResting = false
        turn(at: Double(minutes.count * 60))
    }

    /// Calls a second that passed, and the share that was refused, in a span of minutes.
    package func figures(_ span: Range<Int>) -> (rate: Double, refused: Double) {
        let passed = minutes[span].reduce(0) { $0 + $1.passed }
        let refused = minutes[span].reduce(0) { $0 + $1.refused }
        return (Double(passed) / Double(span.count * 60), Double(refused) / Double(max(1, passed + refused)))
    }

    package var rateChanges: [LearnedRate.Change] {
        changes.compactMap { if case .rateLimit(let change) = $0 { change } else { nil } }
    }

    private func moment(_ seconds: Double) -> Timestamp {
        start.advanced(by: .microseconds(Int64((seconds * 1_000_000).rounded(.up))))
    }

    private mutating func add(_ kind: Occurrence.Kind, at moment: Double) {
        order += 1
        heap.insert(Occurrence(at: moment, order: order, kind: kind))
    }

    private mutating func turn(at moment: Double) {
        if let nextTurn, nextTurn <= moment { return }
        nextTurn = moment
        add(.turn, at: moment)
    }

    private mutating func usersDue() -> Int {
        guard let demand else { return 500 }
        while nextDue <= now {
            due += 1
            let gap = Double.random(in: 0...(2 / demand), using: &random)
            nextDue += gap
        }
        return due
    }

    private mutating func takeTurn() {
        guard !isResting else { return }
        while true {
            let wanted = usersDue()
            guard wanted > 0 else { return turn(at: nextDue) }
            let answer = admission.permits(for: wanted, now: moment(now))
            changes += answer.changes
            switch answer.permits {
            case .granted(let count):
                let ticket = admission.begin(count, now: moment(now))
                if demand != nil { due -= count }
                for _ in 0..<count {
                    lastUser += 1
                    let arrival = now + 0.002 + .random(in: 0...jitter, using: &random)
                    add(.arrival(user: lastUser, ticket: ticket, began: now), at: arrival)
                }
            case .refused(let obstacle):
                switch obstacle {
                // A timer is a millisecond late.
                case .rate(let until), .slowStart(let until), .throttled(let until), .breaker(let until?):
                    let seconds = Double(start.duration(to: until).wholeMicroseconds) / 1_000_000
                    turn(at: max(now, seconds) + 0.001)
                case .breaker, .concurrency, .paused, .outOfTouch: break
                }
                return
            }
        }
    }

    private mutating func arrive(_ user: Int64, _ ticket: Admission.Ticket, _ began: Double) {
        let isPersonal = Double.random(in: 0..<1, using: &random) < personal
        let refusal = isPersonal ? .throttled(retryAfter: nil) : server.take(at: now)
        let duration = refusal == nil ? server.delay + latency * .random(in: 0.5...1.5, using: &random) : 0.01
        if refusal == nil {
            minutes[minutes.count - 1].passed += 1
        } else {
            minutes[minutes.count - 1].refused += 1
        }
        guard let place = Place(rawValue: user) else { return }
        let call = EndedCall(
            outcome: refusal ?? .refreshed, user: place, lastOutcome: isPersonal ? .throttled : .refreshed,
            latency: .microseconds(Int64((now + duration - began) * 1_000_000)))
        add(.ending(call, ticket: ticket), at: now + duration)
    }
}
