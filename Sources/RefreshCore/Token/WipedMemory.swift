/// Bytes in memory of their own, which is overwritten when the last holder lets go.
final class WipedMemory: Sendable {
    let count: Int
    /// Where the bytes are, as a number since pointers are not Sendable; they are written before anybody else has them.
    private let address: UInt

    init(copying bytes: UnsafeRawBufferPointer) {
        count = bytes.count
        let memory = UnsafeMutableRawBufferPointer.allocate(byteCount: max(1, bytes.count), alignment: 8)
        memory.copyMemory(from: bytes)
        address = UInt(bitPattern: memory.baseAddress)
    }

    /// The parts one after the other, with no copy of the whole on the way.
    init(joining parts: [UnsafeBufferPointer<UInt8>]) {
        count = parts.reduce(0) { $0 + $1.count }
        let memory = UnsafeMutableRawBufferPointer.allocate(byteCount: max(1, count), alignment: 8)
        var end = 0
        for part in parts {
            UnsafeMutableRawBufferPointer(rebasing: memory[end...]).copyMemory(from: UnsafeRawBufferPointer(part))
            end += part.count
        }
        address = UInt(bitPattern: memory.baseAddress)
    }

    /// Lends the bytes; the memory stays ours at least as long as the call.
    func withBytes<Result, Failure: Error>(
        _ body: (UnsafeBufferPointer<UInt8>) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        let start = UnsafePointer<UInt8>(bitPattern: address)
        return try withExtendedLifetime(self) { () throws(Failure) in
            try body(UnsafeBufferPointer(start: start, count: count))
        }
    }

    deinit {
        // As it was allocated; nobody holds it any more.
        let memory = UnsafeMutableRawBufferPointer(
            start: UnsafeMutableRawPointer(bitPattern: address), count: max(1, count))
        memory.wipe()
        memory.deallocate()
    }
}
