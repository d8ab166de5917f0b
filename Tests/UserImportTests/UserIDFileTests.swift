import RefreshCore
import Testing
import UserImport

/// Files that name users.
struct UserIDFileTests {
    private func read(_ text: String, chunk: Int = .max) throws -> [ParsedUserID] {
        var parser = UserIDFileParser()
        var parsed: [ParsedUserID] = []
        var rest = Array(text.utf8)[...]
        while !rest.isEmpty {
            parsed += try parser.feed(Array(rest.prefix(chunk)))
            rest = rest.dropFirst(chunk)
        }
        return parsed + parser.finish()
    }

    private func ids(_ parsed: [ParsedUserID]) -> [String] {
        parsed.compactMap { try? $0.result.get().rawValue }
    }

    @Test(arguments: [
        "a\nb, c\nd;e\n", "a\r\nb, c\r\nd;e\r\n", "\u{FEFF}a\n\n  \nb, c\nd;e\n",
        "user_id\na\n\"b, c\"\nd;e\n", "group,user_id,x\ng,a,\n,\"b, c\",1\n,,\n,d;e\n",
        "\"x\";\"user_id\"\n1;a\n2;b, c\n3;\"d;e\"\n", "x\tuser_id\n1\ta\n2\tb, c\n3\td;e\n",
    ])
    func `takes a list, and the column of a table`(text: String) throws {
        for chunk in [1, 3, 1_000] {
            let parsed = try read(text, chunk: chunk)
            #expect(ids(parsed) == ["a", "b, c", "d;e"])
            #expect(parsed.count == 3)
        }
    }

    @Test func `tells what is no id by its line`() throws {
        let parsed = try read("a\n1.23457E+17\n b\n=\"0001\"\na\n\(String(repeating: "x", count: 300))\nz\n")
        #expect(ids(parsed) == ["a", "z"])
        let problems = parsed.compactMap { line -> String? in
            if case .failure(let problem) = line.result { "\(line.line): \(problem)" } else { nil }
        }
        let expected: [RowProblem] = [
            .damaged(.userID, .rounded), .userID(.outerSpace), .damaged(.userID, .formula), .duplicate(ofLine: 1),
            .userID(.tooLong(bytes: 300)),
        ]
        #expect(problems == zip(2...6, expected).map { "\($0): \($1)" })
        let table = try read("x,user_id\n1\n\"a,b\n2,\"c\"d\n3,ok\n")
        #expect(ids(table) == ["ok"])
        #expect(table.map(\.line) == [2, 3, 4, 5])
    }

    @Test(arguments: ["12345\n1234", "user_id\n12345\n1234", "12345\n1234\r"])
    func `an id that no newline ends may be half of another's`(text: String) throws {
        let parsed = try read(text)
        #expect(ids(parsed) == ["12345"])
        #expect(parsed.last?.result == .failure(.cutOff))
    }

    @Test func `refuses what is no text, and takes nothing of an endless line`() throws {
        #expect(throws: ImportRefusal.notText(line: 2)) { try read("a\nb\u{0}\n") }
        let parsed = try read(String(repeating: "x", count: 200_000) + "\na\n")
        #expect(parsed.first?.result == .failure(.tooLong))
        #expect(ids(parsed) == ["a"])
        #expect(try read("\n\n").isEmpty)
    }
}
