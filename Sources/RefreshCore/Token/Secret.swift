import Synchronization

/// Bytes that must not be seen: every way of printing them gives `‹redacted›`.
///
/// The bytes have memory of their own, shared by copies, which is overwritten when the last copy is released.
/// Comparing two secrets takes a time that reveals only whether their lengths are equal.
package struct Secret: Sendable, Equatable, CustomStringConvertible, CustomDebugStringConvertible,
    CustomReflectable
{
    private let memory: WipedMemory

    /// Copies the bytes; wiping their source is up to the caller.
    package init(_ bytes: some Sequence<UInt8>) {
        let direct = bytes.withContiguousStorageIfAvailable { WipedMemory(copying: UnsafeRawBufferPointer($0)) }
        if let direct {
            memory = direct
        } else {
            var copy = Array(bytes)
            memory = copy.withUnsafeBytes { WipedMemory(copying: $0) }
            copy.wipe()
        }
    }

    /// Copies the parts, one after the other.
    package init(joining parts: [UnsafeBufferPointer<UInt8>]) {
        memory = WipedMemory(joining: parts)
    }

    init(_ bytes: Span<UInt8>) {
        memory = bytes.withUnsafeBytes { WipedMemory(copying: $0) }
    }

    package var count: Int { memory.count }

    /// Lends the bytes to `body`; the pointer must not outlive the call.
    package func withBytes<Result, Failure: Error>(
        _ body: (UnsafeBufferPointer<UInt8>) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        try memory.withBytes(body)
    }

    package static func == (lhs: Secret, rhs: Secret) -> Bool {
        guard lhs.count == rhs.count else { return false }
        return lhs.withBytes { left in
            rhs.withBytes { right in
                left.indices.reduce(into: UInt8(0)) { $0 |= left[$1] ^ right[$1] } == 0
            }
        }
    }

    package var description: String { "‹redacted›" }
    package var debugDescription: String { "‹redacted›" }
    package var customMirror: Mirror { Mirror(self, children: []) }
}

extension UnsafeMutableRawBufferPointer {
    /// Overwrites the memory with zeroes; the compiler cannot remove the writes.
    @inline(never)
    package func wipe() {
        _ = initializeMemory(as: UInt8.self, repeating: 0)
        // The compiler must keep writes that another thread might read after this point.
        atomicMemoryFence(ordering: .acquiringAndReleasing)
    }
}

extension [UInt8] {
    /// Overwrites the bytes with zeroes; other copies stay.
    package mutating func wipe() {
        // This is the array's own storage, for the duration of the call.
        withUnsafeMutableBytes { $0.wipe() }
    }
}
