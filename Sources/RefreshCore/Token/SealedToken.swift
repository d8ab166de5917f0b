/// A token as it may be stored: encrypted and bound to its user's id.
///
/// It begins with the version of its form (1 byte) and the id of its key (4).
package struct SealedToken: Sendable, Equatable, CustomStringConvertible, CustomReflectable {
    package static let version: UInt8 = 1

    package let bytes: [UInt8]

    package init(bytes: [UInt8]) {
        self.bytes = bytes
    }

    /// The id of the key that sealed it; nil for an unknown form.
    package var keyID: KeyID? {
        guard bytes.first == Self.version, bytes.count > 1 + KeyID.byteCount else { return nil }
        return KeyID(bytes: bytes[1...KeyID.byteCount])
    }

    /// Throws if a token is sealed with a key of which the store holds no check: nobody may have that key.
    package static func verify(
        _ tokens: [SealedToken], against checks: [SealedToken], at place: String
    ) throws(StoreProblem) {
        let known = checks.compactMap(\.keyID)
        guard let current = known.first,
            let foreign = tokens.lazy.compactMap(\.keyID).first(where: { !known.contains($0) })
        else { return }
        throw .keyDoesNotFit(place: place, sealedWith: current.description, atHand: [foreign.description])
    }

    package var description: String { "‹sealed, \(bytes.count) bytes›" }
    package var customMirror: Mirror { Mirror(self, children: []) }
}

/// Distinguishes store keys without revealing anything about them; printed as 8 hex digits.
package struct KeyID: Hashable, Sendable, CustomStringConvertible {
    package static let byteCount = 4

    private let rawValue: UInt32

    /// Reads the id, most significant byte first.
    package init(bytes: some Sequence<UInt8>) {
        rawValue = bytes.reduce(0) { $0 << 8 | UInt32($1) }
    }

    package var bytes: [UInt8] {
        [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: rawValue >> $0) }
    }

    package var description: String {
        let digits = String(rawValue, radix: 16)
        return String(repeating: "0", count: 2 * Self.byteCount - digits.count) + digits
    }
}
