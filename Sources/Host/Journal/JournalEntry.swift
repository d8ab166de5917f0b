package import RefreshCore

/// One entry of the journal: a clean line for people, and fields for programs, encoded as they are sent.
///
/// One buffer holds all fields: an entry costs two allocations, and the queue knows its size.
package struct JournalEntry: Sendable, Equatable {
    package static let identifier = "bankrefreshd"
    /// Characters of a message; what is longer is cut.
    package static let longestMessage = 8_000

    package let at: Timestamp
    package let priority: JournalPriority
    /// `NAME=value` after `NAME=value`, the message first.
    private(set) var bytes: [UInt8] = []
    /// Where each field ends in `bytes`.
    private(set) var ends: [Int] = []

    /// Begins an entry; whatever in `message` is not fit for one line is replaced.
    package init(at: Timestamp, priority: JournalPriority, messageID: MessageID? = nil, message: String) {
        self.at = at
        self.priority = priority
        bytes.reserveCapacity(512)
        ends.reserveCapacity(16)
        append(.message, message.isPlainLine ? message : message.sanitized(limit: Self.longestMessage))
        append(.priority, Int(priority.rawValue))
        append(.identifier, Self.identifier)
        if let messageID { append(.messageID, messageID.rawValue) }
    }

    /// Adds a field; the value may be any text, line breaks included.
    package mutating func append(_ name: JournalFieldName, _ value: String) {
        bytes.append(contentsOf: name.text.utf8)
        bytes.append(UInt8(ascii: "="))
        bytes.append(contentsOf: value.utf8)
        ends.append(bytes.count)
    }

    package mutating func append(_ name: JournalFieldName, _ value: some BinaryInteger) {
        append(name, String(value))
    }

    /// Adds a field if there is a value for it.
    package mutating func append(_ name: JournalFieldName, _ value: String?) {
        if let value { append(name, value) }
    }

    package mutating func append(_ name: JournalFieldName, _ value: (some BinaryInteger)?) {
        if let value { append(name, value) }
    }

    /// The message's bytes, without the field's name.
    var message: ArraySlice<UInt8> {
        bytes[(JournalFieldName.message.text.utf8.count + 1)..<ends[0]]
    }

    /// The first value of a field; nil where the entry has none.
    package subscript(name: JournalFieldName) -> String? {
        let prefix = Array(name.text.utf8) + [UInt8(ascii: "=")]
        var start = 0
        for end in ends {
            if bytes[start..<end].starts(with: prefix) {
                return String(decoding: bytes[(start + prefix.count)..<end], as: UTF8.self)
            }
            start = end
        }
        return nil
    }
}

extension String {
    /// Whether the text is printable ASCII within a message's length: then there is nothing to clean.
    fileprivate var isPlainLine: Bool {
        guard utf8.count <= JournalEntry.longestMessage else { return false }
        for byte in utf8 where byte &- 0x20 > 0x5E { return false }
        return true
    }
}
