/// Decides, while calls are refused, whether others pass.
///
/// A refusal is quick, and the work of a call takes its time: before the first good answer there may be dozens of
/// refusals. So a call counts as one that passed when it is under way for twice as long as refusals take.
struct PassingCalls: Sendable {
    private static let remembered = 100
    /// Shorter waits prove nothing.
    private static let leastWait = Duration.milliseconds(200)

    /// The numbers of the latest calls that were refused.
    private var refused: [Int] = []
    /// How long refusals take at most, of late.
    private var latency = Duration.zero

    mutating func wasRefused(number: Int, after latency: Duration) {
        self.latency = max(latency, self.latency * 0.9)
        refused.append(number)
        if refused.count > Self.remembered { refused.removeFirst() }
    }

    /// Whether a call that began after this number has passed; also false if this is no longer known.
    func havePassed(after number: Int, of calls: CallSequence, now: Timestamp) -> Bool {
        guard let first = refused.first, refused.count < Self.remembered || first <= number else { return false }
        let last = calls.latest(by: now.advanced(by: .zero - max(latency * 2, Self.leastWait)))
        return calls.count(after: number, through: last) > refused.count { $0 > number && $0 <= last }
    }
}
