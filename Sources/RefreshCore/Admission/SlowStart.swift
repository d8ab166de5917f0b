/// The share of rate and concurrency that may be used after a standstill.
///
/// It begins at a tenth and doubles at each step, so that users that fell due meanwhile are called gradually.
struct SlowStart: Sendable {
    private static let shares = [0.1, 0.2, 0.4, 0.8]

    /// The maximum length of a ramp; zero for no ramp.
    var span: Duration
    private var ramp: (began: Timestamp, step: Duration)?

    init(span: Duration) {
        self.span = span
    }

    /// Begins a ramp; after a short standstill, the ramp is as short.
    mutating func begin(now: Timestamp, after standstill: Duration?) {
        let length = min(span, standstill ?? span)
        // A shorter ramp does not replace the current one.
        if let ramp, remaining(of: ramp, now: now) >= length { return }
        ramp = length > .zero ? (now, length / Self.shares.count) : nil
    }

    /// The share that may be used now, and when it is next raised; nil when everything may be used.
    mutating func share(_ now: Timestamp) -> (share: Double, until: Timestamp)? {
        guard let ramp else { return nil }
        // A clock that was set back must not stretch the ramp.
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
