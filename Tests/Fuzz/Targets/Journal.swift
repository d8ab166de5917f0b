import CSystemd
import Foundation
import RefreshCore
@testable import Host

extension FuzzTarget {
    /// Entries of the journal: a reader of the native protocol, and one of JSON, find what was given.
    ///
    /// An input is a message in the first line, then fields: each the number of its name, the length of its value, and the
    /// value.
    static let journal = FuzzTarget("journal", longest: 1_024) { input throws(Finding) in
        var input = FuzzInput(input)
        let message = input.lineText()
        let at = Timestamp(secondsSinceEpoch: 1_767_225_600)
        var entry = JournalEntry(at: at, priority: .info, message: message)
        // What is printable stays as it is, with its spaces.
        let isClean = message.utf8.allSatisfy { (0x20...0x7E).contains($0) }
        var expected = [
            ("MESSAGE", isClean ? message : message.sanitized(limit: JournalEntry.longestMessage)), ("PRIORITY", "6"),
            ("SYSLOG_IDENTIFIER", JournalEntry.identifier),
        ]
        while !input.isEmpty {
            let name = JournalFieldName.known[Int(input.byte()) % JournalFieldName.known.count]
            let value = String(decoding: input.part(), as: UTF8.self)
            entry.append(name, value)
            expected.append((name.text, value))
        }
        try require(entry["MESSAGE"]?.isPlainLine ?? false, "a message of several lines")
        let vectors = entry.withVectors { vectors in
            vectors.map { Array(UnsafeRawBufferPointer(start: $0.iov_base, count: $0.iov_len)) }
        }
        try compare(vectors.map(Self.field), with: expected, "the vectors")
        let plain = expected.allSatisfy { !$0.1.contains("\n") }
        try require(!entry.isPlain || plain, "taken for plain with a line break")
        if entry.isPlain {
            let lines = entry.bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
            try compare(lines.dropLast().map { Self.field(Array($0)) }, with: expected, "the lines")
        }
        try checkLines(of: entry, expected)
    }

    private static func field(_ bytes: [UInt8]) -> (String, String) {
        let name = bytes.prefix { $0 != UInt8(ascii: "=") }
        return (String(decoding: name, as: UTF8.self), String(decoding: bytes.dropFirst(name.count + 1), as: UTF8.self))
    }

    private static func compare(
        _ found: [(String, String)], with expected: [(String, String)], _ what: String
    ) throws(Finding) {
        let isSame =
            found.count == expected.count
            && zip(found, expected).allSatisfy {
                $0.0 == $1.0 && $0.1.utf8.elementsEqual($1.1.utf8)
            }
        try require(isSame, "\(what) hold \(found) instead of \(expected)")
    }

    private static func checkLines(of entry: JournalEntry, _ expected: [(String, String)]) throws(Finding) {
        for form in [StandardErrorSink.Form.dated, .prefixed, .json] {
            let line = StandardErrorSink(form: form).line(of: entry)
            try require(
                line.last == 0x0A && line.dropLast().allSatisfy { $0 >= 0x20 },
                "no line: \(String(decoding: line, as: UTF8.self))")
        }
        // Of a name that is there twice a dictionary keeps one.
        guard Set(expected.map(\.0)).count == expected.count else { return }
        let read = try obtain("the line is JSON") {
            try JSONDecoder().decode([String: String].self, from: Data(entry.jsonLine))
        }
        for (name, value) in expected {
            let found = read[name] ?? ""
            try require(found.utf8.elementsEqual(value.utf8), "\(name) is \(found), not \(value)")
        }
    }
}

extension JournalEntry {
    fileprivate subscript(text: String) -> String? { JournalFieldName(text).flatMap { self[$0] } }
}
