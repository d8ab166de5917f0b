import RefreshCore

/// The path of a setting in the file: `schedule.every`, `groups["a.b"].every`.
struct SettingPath: Hashable, Sendable, CustomStringConvertible {
    private var parts: [String] = []

    init(_ keys: String...) {
        for key in keys { append(key) }
    }

    mutating func append(_ key: String) {
        let isPlain = !key.isEmpty && key.utf8.count <= 64 && key.utf8.allSatisfy(Self.isPlain)
        // An arbitrary key is shown, but shortened and without control characters.
        parts.append(isPlain ? key : "[" + JSONValue.quoted(key.sanitized(limit: 64)) + "]")
    }

    mutating func append(index: Int) {
        parts.append("[\(index)]")
    }

    mutating func removeLast() {
        parts.removeLast()
    }

    func appending(_ key: String) -> SettingPath {
        var path = self
        path.append(key)
        return path
    }

    func appending(_ path: SettingPath) -> SettingPath {
        var result = self
        result.parts += path.parts
        return result
    }

    /// Whether the path is `other` or lies below it.
    func isWithin(_ other: SettingPath) -> Bool {
        parts.starts(with: other.parts)
    }

    var isRoot: Bool { parts.isEmpty }

    /// The path relative to its section: `failure.first` of `backoff.failure.first`.
    var withoutSection: SettingPath {
        var path = self
        if !parts.isEmpty { path.parts.removeFirst() }
        return path
    }

    var first: String? { parts.first }
    var last: String? { parts.last }

    var description: String {
        parts.reduce(into: "") { text, part in
            text += part.hasPrefix("[") || text.isEmpty ? part : ".\(part)"
        }
    }

    private static func isPlain(_ byte: UInt8) -> Bool {
        (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte)
            || byte == UInt8(ascii: "_") || byte == UInt8(ascii: "-") || byte == UInt8(ascii: "$")
    }
}
