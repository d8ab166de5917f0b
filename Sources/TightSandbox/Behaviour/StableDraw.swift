import Crypto
import RefreshCore

/// The numbers that decide about a user's calls: the same for the same seed, user and call in every run.
struct StableDraw: Sendable {
    private let identity: UInt64

    init(user: UserID, seed: UInt64) {
        let digest = SHA256.hash(data: Array("\(seed) \(user.rawValue)".utf8))
        identity = digest.prefix(8).reduce(0) { $0 << 8 | UInt64($1) }
    }

    /// Two independent numbers from 0 up to but not including 1.
    func numbers(call: Int) -> (behaviour: Double, latency: Double) {
        var mixed = SplitMix64(seed: identity ^ UInt64(call))
        // Seeded once more, because neighbouring seeds of this generator give shifted copies of one sequence.
        var generator = SplitMix64(seed: mixed.next())
        return (Double.random(in: 0..<1, using: &generator), Double.random(in: 0..<1, using: &generator))
    }
}
