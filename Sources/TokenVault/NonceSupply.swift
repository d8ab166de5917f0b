import Crypto
import Glibc

/// Random nonces for the texts of one call, drawn up to 21 at a time: drawing one alone takes two system calls.
///
/// A supply must not outlive the call that knows all of its texts. After a fork, or if a snapshot of the machine is
/// started twice, the same nonces then meet the same texts and give the same sealed bytes: no nonce meets two texts
/// under one key. A supply that served texts from later calls would break that.
struct NonceSupply {
    private static let size = 12
    /// As many as one getentropy(3) can fill: it gives at most 256 bytes.
    private static let most = 21

    /// How many nonces the call still needs beyond those drawn.
    private var left: Int
    private var bytes: [UInt8] = []
    private var used = 0

    init(for count: Int) {
        left = count
    }

    mutating func next() throws -> AES.GCM.Nonce {
        if used == bytes.count { draw() }
        defer { used += Self.size }
        return try AES.GCM.Nonce(data: bytes[used..<used + Self.size])
    }

    private mutating func draw() {
        let count = max(1, min(left, Self.most))
        left -= count
        used = 0
        bytes = [UInt8](unsafeUninitializedCapacity: count * Self.size) { buffer, initialized in
            // If the kernel refuses, the standard library has another source, or ends the process.
            if getentropy(buffer.baseAddress, buffer.count) != 0 {
                var random = SystemRandomNumberGenerator()
                for index in buffer.indices { buffer[index] = random.next() }
            }
            initialized = buffer.count
        }
    }
}
