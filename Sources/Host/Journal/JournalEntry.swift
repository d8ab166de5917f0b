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
        self.init(at: at, priority: priority, messageID: messageID) { $0.append(text: message) }
    }

    /// Begins an entry whose message `write` appends.
    init(
        at: Timestamp,
        priority: JournalPriority,
        messageID: MessageID?,
        message write: (inout [UInt8]) -> Void
    ) {
        self.at = at
        self.priority = priority
        bytes.reserveCapacity(512)
        ends.reserveCapacity(16)
        bytes.append(text: JournalFieldName.message.prefix)
        write(&bytes)
        if !hasPlainMessage { cleanMessage() }
        ends.append(bytes.count)
        append(.priority, Int(priority.rawValue))
        append(.identifier, Self.identifier)
        if let messageID { append(.messageID, messageID.rawValue) }
    }

    /// Whether the message, the one field as yet, is printable ASCII of the right length: there is nothing to clean.
    private var hasPlainMessage: Bool {
        let message = bytes[JournalFieldName.message.prefix.utf8.count...]
        return message.count <= Self.longestMessage && message.allSatisfy { $0 &- 0x20 <= 0x5E }
    }

    private mutating func cleanMessage() {
        let name = JournalFieldName.message.prefix
        let text = String(decoding: bytes[name.utf8.count...], as: UTF8.self)
        // A buffer of its own: that of a text without end would stay with what is left of it.
        bytes = Array(name.utf8)
        bytes.append(text: text.sanitized(limit: Self.longestMessage))
    }

    /// Adds a field; the value may be any text, line breaks included.
    package mutating func append(_ name: JournalFieldName, _ value: String) {
        append(name) { $0.append(text: value) }
    }

    package mutating func append(_ name: JournalFieldName, _ value: some SignedInteger & FixedWidthInteger) {
        append(name) { $0.append(decimal: Int64(value)) }
    }

    mutating func append(_ name: JournalFieldName, _ value: Timestamp) {
        append(name) { $0.append(rfc3339: value) }
    }

    /// Adds a field if there is a value for it.
    package mutating func append(_ name: JournalFieldName, _ value: String?) {
        if let value { append(name, value) }
    }

    package mutating func append(_ name: JournalFieldName, _ value: (some SignedInteger & FixedWidthInteger)?) {
        if let value { append(name, value) }
    }

    mutating func append(_ name: JournalFieldName, _ value: Timestamp?) {
        if let value { append(name, value) }
    }

    private mutating func append(_ name: JournalFieldName, value write: (inout [UInt8]) -> Void) {
        bytes.append(text: name.prefix)
        write(&bytes)
        ends.append(bytes.count)
    }

    /// The message's bytes, without the field's name.
    var message: ArraySlice<UInt8> {
        bytes[JournalFieldName.message.prefix.utf8.count..<ends[0]]
    }

    /// The first value of a field; nil where the entry has none.
    package subscript(name: JournalFieldName) -> String? {
        let prefix = name.prefix.utf8
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

/// How much an entry wants a person, after syslog(3); `journalctl -p warning` shows the first two.
package enum JournalPriority: UInt8, Sendable, CaseIterable {
    case error = 3
    case warning = 4
    /// Worth knowing, mended by time or done by an operator.
    case notice = 5
    case info = 6
    case debug = 7

    /// The word for a line of text.
    var word: String {
        switch self {
        case .error: "error"
        case .warning: "warning"
        case .notice: "notice"
        case .info: "info"
        case .debug: "debug"
        }
    }
}
