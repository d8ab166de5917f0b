import Synchronization

extension UnsafeMutableRawBufferPointer {
    /// Overwrites the memory with zeroes; the compiler cannot remove the writes.
    @inline(never)
    package func wipe() {
        _ = initializeMemory(as: UInt8.self, repeating: 0)
        // What another thread might look at after this point must not be left out.
        atomicMemoryFence(ordering: .acquiringAndReleasing)
    }
}

extension [UInt8] {
    /// Overwrites the bytes with zeroes; other copies stay.
    package mutating func wipe() {
        // The array's own storage, for the length of the call.
        withUnsafeMutableBytes { $0.wipe() }
    }
}
