/// The share of rate and concurrency that may be used after a standstill: a tenth at first, doubled at each step, so
/// that users that fell due meanwhile are called gradually.
struct SlowStart: Sendable {
    private static let shares = [0.1, 0.2, 0.4, 0.8]

    /// How long it takes at most until everything may be used; zero for no ramp.
    var span: Duration
    private var ramp: (began: Timestamp, step: Duration)?

    init(span: Duration) {
        self.span = span
    }

    /// Begins a ramp; after a short standstill it is as short as that.
    mutating func begin(now: Timestamp, after standstill: Duration?) {
        let length = min(span, standstill ?? span)
        // A shorter one does not end the one under way.
        if let ramp, remaining(of: ramp, now: now) >= length { return }
        ramp = length > .zero ? (now, length / Self.shares.count) : nil
    }

    /// The share that may be used now, and when it is next raised; nil when all of it may.
    mutating func share(_ now: Timestamp) -> (share: Double, until: Timestamp)? {
        guard let ramp else { return nil }
        // A clock that was set back must not stretch it.
        if now < ramp.began { self.ramp = (now, ramp.step) }
        let began = min(ramp.began, now)
        for (index, share) in Self.shares.enumerated() {
            let until = began.advanced(by: ramp.step * (index + 1))
            if now < until { return (share, until) }
        }
        self.ramp = nil
        return nil
    }

    private func remaining(of ramp: (began: Timestamp, step: Duration), now: Timestamp) -> Duration {
        now < ramp.began ? .zero : now.duration(to: ramp.began.advanced(by: ramp.step * Self.shares.count))
    }
}
