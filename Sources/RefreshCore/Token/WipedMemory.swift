/// Bytes in memory of their own, which is overwritten when the last reference is released.
final class WipedMemory: Sendable {
    let count: Int
    // Safe: written before it is shared, then only read, and wiped when no other reference is left.
    private nonisolated(unsafe) let memory: UnsafeMutableBufferPointer<UInt8>

    init(copying bytes: UnsafeRawBufferPointer) {
        count = bytes.count
        memory = .allocate(capacity: max(1, count))
        UnsafeMutableRawBufferPointer(memory).copyMemory(from: bytes)
    }

    /// Joins the parts in order, without an intermediate copy of the whole.
    init(joining parts: [UnsafeBufferPointer<UInt8>]) {
        count = parts.reduce(0) { $0 + $1.count }
        memory = .allocate(capacity: max(1, count))
        var end = 0
        for part in parts { end = memory[end...].initialize(fromContentsOf: part) }
    }

    /// Lends the bytes; the memory outlives the call.
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
