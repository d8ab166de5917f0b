/// Bytes in memory of their own, which is overwritten when the last holder lets go.
final class WipedMemory: Sendable {
    let count: Int
    // Safe: written before anybody else has it, then only read, until the end, when nobody else has it any more.
    private nonisolated(unsafe) let memory: UnsafeMutableBufferPointer<UInt8>

    init(copying bytes: UnsafeRawBufferPointer) {
        count = bytes.count
        memory = .allocate(capacity: max(1, count))
        UnsafeMutableRawBufferPointer(memory).copyMemory(from: bytes)
    }

    /// The parts one after the other, with no copy of the whole on the way.
    init(joining parts: [UnsafeBufferPointer<UInt8>]) {
        count = parts.reduce(0) { $0 + $1.count }
        memory = .allocate(capacity: max(1, count))
        var end = 0
        for part in parts { end = memory[end...].initialize(fromContentsOf: part) }
    }

    /// Lends the bytes; the memory stays ours at least as long as the call.
    func withBytes<Result, Failure: Error>(
        _ body: (UnsafeBufferPointer<UInt8>) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        try withExtendedLifetime(self) { () throws(Failure) in
            try body(UnsafeBufferPointer(start: memory.baseAddress, count: count))
        }
    }

    deinit {
        UnsafeMutableRawBufferPointer(memory).wipe()
        memory.deallocate()
    }
}
