package import RefreshCore

/// One journal entry: a sanitised line for people and fields for programs, encoded as they are sent.
///
/// One buffer holds all fields in the journal's native protocol. An entry costs one allocation, the queue knows its
/// size, and nothing is formatted again when it is sent.
package struct JournalEntry: Sendable, Equatable {
    package static let identifier = "bankrefreshd"
    /// The longest message in characters; a longer one is truncated.
    package static let longestMessage = 8_000

    package let at: Timestamp
    package let priority: JournalPriority
    /// A line `NAME=value` for each field, the message first.
    private(set) var bytes: [UInt8] = []
    /// Where each field ends in `bytes`, before its line break; empty while no value contains a line break.
    private var ends: [Int] = []

    /// Whether each line is a field.
    var isPlain: Bool { ends.isEmpty }

    /// Begins an entry; characters of `message` that do not fit in one line are replaced.
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
        bytes.append(text: JournalFieldName.message.prefix)
        write(&bytes)
        if !hasPlainMessage { cleanMessage() }
        bytes.append(Self.lineBreak)
        append(.priority, Int(priority.rawValue))
        appendLine(.identifier) { $0.append(text: Self.identifier) }
        if let messageID { appendLine(.messageID) { $0.append(text: messageID.rawValue) } }
    }

    private static let lineBreak = UInt8(ascii: "\n")

    /// Whether the message, so far the only field, is printable ASCII within the limit and needs no cleaning.
    private var hasPlainMessage: Bool {
        let message = bytes[JournalFieldName.message.prefix.utf8.count...]
        return message.count <= Self.longestMessage && message.allSatisfy { $0 &- 0x20 <= 0x5E }
    }

    private mutating func cleanMessage() {
        let name = JournalFieldName.message.prefix
        let text = String(decoding: bytes[name.utf8.count...], as: UTF8.self)
        // A new buffer, so that the memory of an overlong text is released.
        bytes = Array(name.utf8)
        bytes.append(text: text.sanitized(limit: Self.longestMessage))
    }

    /// Adds a field if there is a value for it, which may be any text, including line breaks.
    package mutating func append(_ name: JournalFieldName, _ value: String?) {
        guard let value else { return }
        // From here on, lines no longer delimit the fields.
        if isPlain, value.utf8.contains(Self.lineBreak) { ends = Self.lineEnds(in: bytes[...]) }
        appendLine(name) { $0.append(text: value) }
    }

    package mutating func append(_ name: JournalFieldName, _ value: (some SignedInteger & FixedWidthInteger)?) {
        if let value { appendLine(name) { $0.append(decimal: Int64(value)) } }
    }

    /// Adds a field whose value is one line.
    mutating func append(_ name: JournalFieldName, line: [UInt8]) {
        appendLine(name) { $0.append(contentsOf: line) }
    }

    private mutating func appendLine(_ name: JournalFieldName, value write: (inout [UInt8]) -> Void) {
        bytes.append(text: name.prefix)
        write(&bytes)
        if !isPlain { ends.append(bytes.count) }
        bytes.append(Self.lineBreak)
    }

    private static func lineEnds(in bytes: ArraySlice<UInt8>) -> [Int] {
        bytes.indices.filter { bytes[$0] == lineBreak }
    }

    /// Where each field is in `bytes`, without its line break.
    var fields: [Range<Int>] {
        var start = 0
        return (isPlain ? Self.lineEnds(in: bytes[...]) : ends).map { end in
            defer { start = end + 1 }
            return start..<end
        }
    }

    /// The message's bytes, without the field's name.
    var message: ArraySlice<UInt8> {
        bytes[JournalFieldName.message.prefix.utf8.count...].prefix { $0 != Self.lineBreak }
    }

    /// The first value of a field; nil if the entry has none.
    package subscript(name: JournalFieldName) -> String? {
        let prefix = name.prefix.utf8
        for field in fields where bytes[field].starts(with: prefix) {
            return String(decoding: bytes[field].dropFirst(prefix.count), as: UTF8.self)
        }
        return nil
    }
}

/// How urgently an entry needs a person, after syslog(3); `journalctl -p warning` shows the first two.
package enum JournalPriority: UInt8, Sendable, CaseIterable {
    case error = 3
    case warning = 4
    /// Worth knowing; resolved by time or done by an operator.
    case notice = 5
    case info = 6

    /// The word for a line of text.
    var word: String {
        switch self {
        case .error: "error"
        case .warning: "warning"
        case .notice: "notice"
        case .info: "info"
        }
    }
}
