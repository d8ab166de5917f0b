/// A token as it may be stored: encrypted and bound to its user's id.
package struct SealedToken: Sendable, Equatable, CustomStringConvertible, CustomReflectable {
    package let bytes: [UInt8]

    package init(bytes: [UInt8]) {
        self.bytes = bytes
    }

    package var description: String { "‹sealed, \(bytes.count) bytes›" }
    package var customMirror: Mirror { Mirror(self, children: []) }
}
