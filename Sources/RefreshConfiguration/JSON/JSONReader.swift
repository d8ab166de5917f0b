/// Reads JSON strictly, and records the position of every value.
///
/// Source: RFC 8259. Stricter in one point: duplicate keys are reported. A byte order mark at the start is skipped
/// (section 8.1 allows that). The bytes must be valid UTF-8.
struct JSONReader {
    /// The maximum nesting depth of objects and lists.
    static let depthLimit = 32

    struct Duplicate: Equatable {
        let path: SettingPath
        let position: TextPosition
        let first: TextPosition
    }

    private let bytes: [UInt8]
    private var index = 0
    var position = TextPosition.start
    private var path = SettingPath()
    private var duplicates: [Duplicate] = []

    private init(_ bytes: [UInt8]) {
        self.bytes = bytes
        if bytes.starts(with: [0xEF, 0xBB, 0xBF]) { index = 3 }
    }

    static func read(_ bytes: [UInt8]) throws(JSONSyntaxProblem) -> (root: JSONNode, duplicates: [Duplicate]) {
        var reader = JSONReader(bytes)
        try reader.skipSpace()
        let root = try reader.value(depth: 1)
        try reader.skipSpace()
        guard reader.next == nil else { throw reader.problem(.contentAfterEnd) }
        return (root, reader.duplicates)
    }

    private mutating func value(depth: Int) throws(JSONSyntaxProblem) -> JSONNode {
        let start = position
        let value: JSONValue
        switch next {
        case nil: throw problem(.ended(expected: "a value"))
        case UInt8(ascii: "{"): value = .object(try members(depth: depth))
        case UInt8(ascii: "["): value = .array(try elements(depth: depth))
        case UInt8(ascii: "\""): value = .string(try string())
        case let byte? where Self.isDigit(byte) || byte == UInt8(ascii: "-"): value = .number(try number())
        case UInt8(ascii: "+"), UInt8(ascii: "."): throw problem(.numberForm)
        case UInt8(ascii: "'"): throw problem(.singleQuotes)
        case let byte?:
            guard Self.isWord(byte) else { throw problem(.unexpected(expected: "a value")) }
            value = try word()
        }
        return JSONNode(value: value, position: start)
    }

    private mutating func members(depth: Int) throws(JSONSyntaxProblem) -> [JSONMember] {
        guard depth <= Self.depthLimit else { throw problem(.tooDeep(limit: Self.depthLimit)) }
        var members: [JSONMember] = []
        var places: [String: TextPosition] = [:]
        try open()
        while next != UInt8(ascii: "}") {
            let place = position
            switch next {
            case UInt8(ascii: "\""): break
            case UInt8(ascii: "'"): throw problem(.singleQuotes)
            case nil: throw problem(.ended(expected: "a key"))
            case let byte?:
                throw problem(
                    Self.isWord(byte) ? .unquotedKey : .unexpected(expected: "a key in double quotes")
                )
            }
            let key = try string()
            path.append(key)
            if let first = places.updateValue(place, forKey: key) {
                duplicates.append(Duplicate(path: path, position: place, first: first))
                places[key] = first
            }
            try skipSpace()
            guard next == UInt8(ascii: ":") else {
                throw problem(next == nil ? .ended(expected: "a colon") : .missingColon)
            }
            advance()
            try skipSpace()
            members.append(JSONMember(key: key, position: place, node: try value(depth: depth + 1)))
            path.removeLast()
            try separator(before: UInt8(ascii: "}"))
        }
        advance()
        return members
    }

    private mutating func elements(depth: Int) throws(JSONSyntaxProblem) -> [JSONNode] {
        guard depth <= Self.depthLimit else { throw problem(.tooDeep(limit: Self.depthLimit)) }
        var elements: [JSONNode] = []
        try open()
        while next != UInt8(ascii: "]") {
            path.append(index: elements.count)
            elements.append(try value(depth: depth + 1))
            path.removeLast()
            try separator(before: UInt8(ascii: "]"))
        }
        advance()
        return elements
    }

    private mutating func open() throws(JSONSyntaxProblem) {
        advance()
        try skipSpace()
    }

    /// Takes the comma after an item, or leaves the closing bracket.
    private mutating func separator(before close: UInt8) throws(JSONSyntaxProblem) {
        try skipSpace()
        switch next {
        case close: return
        case UInt8(ascii: ","):
            let comma = position
            advance()
            try skipSpace()
            if next == close { throw JSONSyntaxProblem(fault: .trailingComma, position: comma) }
        case nil: throw problem(.ended(expected: close == UInt8(ascii: "}") ? "}" : "]"))
        case UInt8(ascii: "}"), UInt8(ascii: "]"):
            throw problem(.unexpected(expected: close == UInt8(ascii: "}") ? "}" : "]"))
        default: throw problem(.missingComma)
        }
    }

    private mutating func word() throws(JSONSyntaxProblem) -> JSONValue {
        let start = position
        var word: [UInt8] = []
        while let byte = next, Self.isWord(byte) {
            word.append(byte)
            advance()
        }
        switch String(decoding: word, as: UTF8.self) {
        case "true": return .bool(true)
        case "false": return .bool(false)
        case "null": return .null
        default: throw JSONSyntaxProblem(fault: .unquotedText, position: start)
        }
    }

    private mutating func number() throws(JSONSyntaxProblem) -> String {
        let start = position
        var literal: [UInt8] = []
        func wrong(_ fault: JSONSyntaxProblem.Fault) -> JSONSyntaxProblem {
            .init(fault: fault, position: start)
        }
        func digits(_ reader: inout JSONReader) throws(JSONSyntaxProblem) {
            guard let first = reader.next, Self.isDigit(first) else { throw wrong(.numberForm) }
            while let byte = reader.next, Self.isDigit(byte) { reader.take(into: &literal) }
        }
        if next == UInt8(ascii: "-") { take(into: &literal) }
        if next == UInt8(ascii: "0") { take(into: &literal) } else { try digits(&self) }
        if let byte = next, Self.isDigit(byte) { throw wrong(.numberForm) }
        if next == UInt8(ascii: ".") {
            take(into: &literal)
            try digits(&self)
        }
        if next == UInt8(ascii: "e") || next == UInt8(ascii: "E") {
            take(into: &literal)
            if next == UInt8(ascii: "+") || next == UInt8(ascii: "-") { take(into: &literal) }
            try digits(&self)
        }
        if let byte = next, Self.isWord(byte) { throw wrong(.numberWithUnit) }
        return String(decoding: literal, as: UTF8.self)
    }

    private mutating func skipSpace() throws(JSONSyntaxProblem) {
        while let byte = next, byte == 0x20 || byte == 0x09 || byte == 0x0A || byte == 0x0D { advance() }
        if next == UInt8(ascii: "/") || next == UInt8(ascii: "#") { throw problem(.comment) }
    }

    var next: UInt8? { index < bytes.count ? bytes[index] : nil }

    mutating func take(into text: inout [UInt8]) {
        text.append(bytes[index])
        advance()
    }

    mutating func advance() {
        if bytes[index] == 0x0A {
            position = TextPosition(line: position.line + 1, column: 1)
        } else if index + 1 >= bytes.count || bytes[index + 1] & 0xC0 != 0x80 {
            // Counted when the next scalar begins, so that a scalar of several bytes is one column.
            position.column += 1
        }
        index += 1
    }

    func problem(_ fault: JSONSyntaxProblem.Fault) -> JSONSyntaxProblem {
        JSONSyntaxProblem(fault: fault, position: position)
    }

    private static func isDigit(_ byte: UInt8) -> Bool { (0x30...0x39).contains(byte) }

    private static func isWord(_ byte: UInt8) -> Bool {
        isDigit(byte) || (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte) || byte >= 0x80
            || byte == UInt8(ascii: "_") || byte == UInt8(ascii: "-") || byte == UInt8(ascii: ".")
    }
}
