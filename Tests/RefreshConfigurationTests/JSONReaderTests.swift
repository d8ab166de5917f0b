import Testing

@testable import RefreshConfiguration

struct JSONReaderTests {
    private func read(_ text: String) throws(JSONSyntaxProblem) -> (
        root: JSONNode, duplicates: [JSONReader.Duplicate]
    ) {
        try JSONReader.read(Array(text.utf8))
    }

    @Test(arguments: [
        ("null", "null"), ("true", "true"), (" false\r\n\t", "false"), ("0", "0"), ("-0", "-0"), ("10", "10"),
        ("-1.50e+07", "-1.50e+07"), ("1E5", "1E5"), ("\"\"", "\"\""), ("[]", "[]"), ("{}", "{}"),
        ("[ 1 , [ ] ]", "[1, []]"),
        ("{\"a\":{\"b\":1}}", "{\"a\": {\"b\": 1}}"), ("\"\\u00e9\\u0041\"", "\"éA\""),
        ("\"\\ud83d\\ude00\"", "\"😀\""), ("\"\\\"\\\\\\/\\n\\t\\r\"", "\"\\\"\\\\/\\n\\t\\r\""),
        ("\"\\b\\f\\u0000\"", "\"\\u0008\\u000c\\u0000\""), ("\u{FEFF}{}", "{}"),
    ])
    func `reads what RFC 8259 allows`(text: String, compact: String) throws {
        let value = try read(text).root.value
        #expect(value.compactText == compact)
        let again = try read(value.compactText).root.value
        #expect(again.compactText == compact)
    }

    @Test(
        arguments: [
            ("", .ended(expected: "a value"), 1, 1),
            ("{", .ended(expected: "a key"), 1, 2),
            ("{\"a\"", .ended(expected: "a colon"), 1, 5),
            ("{\"a\":", .ended(expected: "a value"), 1, 6),
            ("{\"a\":1", .ended(expected: "}"), 1, 7),
            ("[1", .ended(expected: "]"), 1, 3),
            ("[1}", .unexpected(expected: "]"), 1, 3),
            ("{\"a\":1]", .unexpected(expected: "}"), 1, 7),
            ("{\"a\":}", .unexpected(expected: "a value"), 1, 6),
            ("{,}", .unexpected(expected: "a key in double quotes"), 1, 2),
            ("{\n  // note\n}", .comment, 2, 3),
            ("{} # end", .comment, 1, 4),
            ("{\"a\": 1,\n}", .trailingComma, 1, 8),
            ("[1,]", .trailingComma, 1, 3),
            ("{\"a\": 1\n \"b\": 2}", .missingComma, 2, 2),
            ("{\"a\" 1}", .missingColon, 1, 6),
            ("{a: 1}", .unquotedKey, 1, 2),
            ("{'a': 1}", .singleQuotes, 1, 2),
            ("{\"a\": 'b'}", .singleQuotes, 1, 7),
            ("{\"a\": yes}", .unquotedText, 1, 7),
            ("NaN", .unquotedText, 1, 1),
            ("01", .numberForm, 1, 1), ("-", .numberForm, 1, 1), ("1.", .numberForm, 1, 1),
            ("+1", .numberForm, 1, 1),
            (".5", .numberForm, 1, 1), ("1e", .numberForm, 1, 1), ("-x", .numberForm, 1, 1),
            ("{\"every\": 5m}", .numberWithUnit, 1, 11),
            ("0x10", .numberWithUnit, 1, 1),
            ("\"abc", .unterminatedText, 1, 1),
            ("\"abc\ndef\"", .unterminatedText, 1, 1),
            ("\"a\tb\"", .controlCharacter, 1, 3),
            ("\"\\x\"", .escape, 1, 2), ("\"\\u12g4\"", .escape, 1, 2), ("\"\\", .escape, 1, 2),
            ("\"\\ud800\"", .surrogate, 1, 2), ("\"\\udc00\"", .surrogate, 1, 2),
            ("\"\\ud800\\u0041\"", .surrogate, 1, 2), ("\"\\ud800\\n\"", .surrogate, 1, 2),
            ("{} {}", .contentAfterEnd, 1, 4),
            ("\"é😀\" x", .contentAfterEnd, 1, 6),
        ] as [(String, JSONSyntaxProblem.Fault, Int, Int)]
    )
    func `refuses anything else and says where`(
        text: String,
        fault: JSONSyntaxProblem.Fault,
        line: Int,
        column: Int
    ) {
        #expect(throws: JSONSyntaxProblem(fault: fault, position: TextPosition(line: line, column: column))) {
            _ = try read(text)
        }
    }

    @Test(arguments: ["[", "{\"a\":"])
    func `reads 32 levels and no more`(open: String) throws {
        let close = open == "[" ? "]" : "}"
        func nested(_ levels: Int) -> String {
            String(repeating: open, count: levels) + "0" + String(repeating: close, count: levels)
        }
        _ = try read(nested(32))
        let problem = #expect(throws: JSONSyntaxProblem.self) { _ = try read(nested(33)) }
        #expect(problem?.fault == .tooDeep(limit: 32))
        // Deep enough to overflow the stack of a reader without a limit.
        #expect(throws: JSONSyntaxProblem.self) { _ = try read(String(repeating: open, count: 200_000)) }
    }

    @Test func `knows where every key and value stands`() throws {
        guard case .object(let members) = try read("{\n  \"é\": [1,\n 2],\r\n\t\"b\" : null }").root.value,
            case .array(let elements) = members[0].node.value
        else {
            Issue.record("not an object with a list")
            return
        }
        #expect(
            members.map(\.position) == [TextPosition(line: 2, column: 3), TextPosition(line: 4, column: 2)]
        )
        #expect(
            members.map(\.node.position) == [
                TextPosition(line: 2, column: 8), TextPosition(line: 4, column: 8),
            ]
        )
        #expect(
            elements.map(\.position) == [TextPosition(line: 2, column: 9), TextPosition(line: 3, column: 2)]
        )
    }

    @Test func `tells every key that is given twice`() throws {
        let duplicates = try read(#"{"a": {"b": 1, "b": 2, "\u0062": 3}, "c": [{"d": 0, "d": 0}], "a": 4}"#)
            .duplicates
        #expect(duplicates.map(\.path.description) == ["a.b", "a.b", "c[0].d", "a"])
        #expect(duplicates.map(\.position.column) == [16, 24, 53, 63])
        #expect(duplicates.map(\.first.column) == [8, 8, 45, 2])
    }
}
