import RefreshCore

/// JSON objects, one per line, with their keys in order, written byte by byte into one buffer.
///
/// For lists of a million users: a generic encoder takes ten times as long, and a buffer passed from line to line would
/// be copied for every line. Source: RFC 8259.
package struct JSONLines {
    package private(set) var bytes: [UInt8]
    /// Whether the object that is being written has no key yet.
    private var isEmpty = true

    private static let earliest = Timestamp(secondsSinceEpoch: -62_167_219_200)
    private static let latest = Timestamp(secondsSinceEpoch: 253_402_300_799)

    /// Lines that take no more than `capacity` bytes together are written without growing the buffer.
    package init(reserving capacity: Int = 0) {
        bytes = []
        bytes.reserveCapacity(capacity)
    }

    /// Appends an object and a line break; keys must be added in their order.
    mutating func addLine(_ body: (inout JSONLines) -> Void) {
        nest(body)
        bytes.append(UInt8(ascii: "\n"))
    }

    mutating func wipe() {
        bytes.wipe()
    }

    mutating func add(_ key: StaticString, _ value: Int64) {
        begin(key)
        bytes.append(decimal: value)
    }

    mutating func add(_ key: StaticString, _ value: Int?) {
        if let value { add(key, Int64(value)) }
    }

    mutating func add(_ key: StaticString, _ value: Bool) {
        begin(key)
        bytes.append(text: value ? "true" : "false")
    }

    mutating func add(_ key: StaticString, _ value: String?) {
        guard let value else { return }
        begin(key)
        bytes.append(jsonText: value)
    }

    /// To the microsecond; a moment outside the years 0 to 9999, which has no text, is clamped to them.
    mutating func add(_ key: StaticString, precise moment: Timestamp?) {
        guard let moment else { return }
        begin(key)
        bytes.append(UInt8(ascii: "\""))
        bytes.append(preciseRFC3339: min(max(moment, Self.earliest), Self.latest))
        bytes.append(UInt8(ascii: "\""))
    }

    /// In clear text; its characters need no escapes.
    mutating func add(_ key: StaticString, clear token: AccessToken?) {
        guard let token else { return }
        begin(key)
        bytes.append(UInt8(ascii: "\""))
        token.secret.withBytes { bytes.append(contentsOf: $0) }
        bytes.append(UInt8(ascii: "\""))
    }

    mutating func add(_ key: StaticString, _ body: (inout JSONLines) -> Void) {
        begin(key)
        nest(body)
    }

    mutating func add<Element>(
        _ key: StaticString, _ elements: [Element], _ body: (Element, inout JSONLines) -> Void
    ) {
        begin(key)
        bytes.append(UInt8(ascii: "["))
        for (index, element) in elements.enumerated() {
            if index > 0 { bytes.append(UInt8(ascii: ",")) }
            nest { body(element, &$0) }
        }
        bytes.append(UInt8(ascii: "]"))
    }

    private mutating func nest(_ body: (inout JSONLines) -> Void) {
        bytes.append(UInt8(ascii: "{"))
        isEmpty = true
        body(&self)
        bytes.append(UInt8(ascii: "}"))
        isEmpty = false
    }

    private mutating func begin(_ key: StaticString) {
        if !isEmpty { bytes.append(UInt8(ascii: ",")) }
        isEmpty = false
        bytes.append(UInt8(ascii: "\""))
        // A `StaticString` has this length and lives as long as the program.
        bytes.append(contentsOf: UnsafeBufferPointer(start: key.utf8Start, count: key.utf8CodeUnitCount))
        bytes.append(UInt8(ascii: "\""))
        bytes.append(UInt8(ascii: ":"))
    }
}
