import RefreshCore

/// One statement and its parameters.
struct Statement: Sendable {
    let sql: String
    let parameters: [Parameter]

    init(_ sql: String, _ parameters: Parameter...) {
        self.sql = sql
        self.parameters = parameters
    }

    init(_ sql: String, parameters: [Parameter]) {
        self.sql = sql
        self.parameters = parameters
    }
}

/// A value in the server's binary format: big-endian numbers, UTF-8 texts, arrays with the type of their elements.
///
/// Source: PostgreSQL's array_send() and the send functions of the element types.
struct Parameter: Sendable {
    /// Nil for NULL.
    let bytes: [UInt8]?

    static func int8(_ value: Int64?) -> Parameter { Parameter(bytes: value.map(\.bigEndianBytes)) }
    static func int8(_ value: Int) -> Parameter { int8(Int64(value)) }
    static func int8(_ moment: Timestamp?) -> Parameter { int8(moment?.microsecondsSinceEpoch) }
    static func int4(_ value: Int32?) -> Parameter { Parameter(bytes: value.map(\.bigEndianBytes)) }
    static func int2(_ value: Int16?) -> Parameter { Parameter(bytes: value.map(\.bigEndianBytes)) }
    static func code<Code: StoreCode>(_ value: Code?) -> Parameter {
        int2((value?.storeCode).map(Int16.init(clamping:)))
    }
    static func text(_ value: String?) -> Parameter { Parameter(bytes: value.map { Array($0.utf8) }) }
    static func bytea(_ value: [UInt8]?) -> Parameter { Parameter(bytes: value) }

    static func int8s(_ values: some Collection<Int64?>) -> Parameter { numbers(values, type: 20) }
    static func int4s(_ values: some Collection<Int32?>) -> Parameter { numbers(values, type: 23) }
    static func int2s(_ values: some Collection<Int16?>) -> Parameter { numbers(values, type: 21) }

    static func texts(_ values: some Collection<String?>) -> Parameter {
        array(values, type: 25, size: 32) { text, bytes in
            var text = text
            text.withUTF8 { utf8 in
                bytes.append(Int32(utf8.count))
                bytes.append(contentsOf: utf8)
            }
        }
    }

    static func byteas(_ values: some Collection<[UInt8]?>) -> Parameter {
        array(values, type: 17, size: 128) { value, bytes in
            bytes.append(Int32(value.count))
            bytes.append(contentsOf: value)
        }
    }

    private static func numbers<Number: FixedWidthInteger>(
        _ values: some Collection<Number?>, type: Int32
    ) -> Parameter {
        let size = MemoryLayout<Number>.size
        return array(values, type: type, size: size) { number, bytes in
            bytes.append(Int32(size))
            bytes.append(number)
        }
    }

    private static func array<Element>(
        _ values: some Collection<Element?>, type: Int32, size: Int, _ add: (Element, inout [UInt8]) -> Void
    ) -> Parameter {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(20 + values.count * (size + 4))
        // Dimensions, whether there are NULLs, the type; then length and lower bound.
        bytes.append(Int32(values.isEmpty ? 0 : 1))
        bytes.append(Int32(values.contains { $0 == nil } ? 1 : 0))
        bytes.append(type)
        if !values.isEmpty {
            bytes.append(Int32(clamping: values.count))
            bytes.append(Int32(1))
        }
        for value in values {
            if let value { add(value, &bytes) } else { bytes.append(Int32(-1)) }
        }
        return Parameter(bytes: bytes)
    }
}

extension [UInt8] {
    fileprivate mutating func append(_ number: some FixedWidthInteger) {
        Swift.withUnsafeBytes(of: number.bigEndian) { append(contentsOf: $0) }
    }
}

extension FixedWidthInteger {
    fileprivate var bigEndianBytes: [UInt8] { Swift.withUnsafeBytes(of: bigEndian) { Array($0) } }
}
