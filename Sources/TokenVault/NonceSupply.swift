import Crypto
import Glibc

/// Random nonces for the texts of one call, drawn twenty at a time: one drawn alone takes two system calls.
///
/// It must not outlive the call that knows all of its texts. A fork, or a second start of a snapshot of the machine, then
/// gives the same nonces to the same texts, and so the same sealed bytes: no nonce ever meets two texts under one key. A
/// supply that served whatever text comes next would break that.
struct NonceSupply {
    private static let size = 12
    /// As many as getentropy(3) gives: 256 bytes.
    private static let most = 21

    /// Nonces that are still to be drawn.
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
            // Where the kernel refuses it, the standard library has another way, or ends the process.
            if getentropy(buffer.baseAddress, buffer.count) != 0 {
                var random = SystemRandomNumberGenerator()
                for index in buffer.indices { buffer[index] = random.next() }
            }
            initialized = buffer.count
        }
    }
}
