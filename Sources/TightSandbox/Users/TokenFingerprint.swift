import Crypto

/// A token's place in the sandbox's book: enough to recognise it, not enough to use it.
struct TokenFingerprint: Hashable, Sendable {
    private let high: UInt64
    private let low: UInt64

    init(of token: some Sequence<UInt8>) {
        var words: (UInt64, UInt64) = (0, 0)
        for (index, byte) in SHA256.hash(data: Array(token)).prefix(16).enumerated() {
            if index < 8 {
                words.0 = words.0 << 8 | UInt64(byte)
            } else {
                words.1 = words.1 << 8 | UInt64(byte)
            }
        }
        (high, low) = words
    }
}
