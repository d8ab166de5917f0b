import RefreshCore
import RefreshDaemon
import Testing
import UserImport

/// Files that went through a spreadsheet.
struct SpreadsheetTests {
    @Test(arguments: [
        "user_id,access_token,\na,t,\nb,u,\n", "user_id,access_token,,,\r\na,t,,,\r\nb,u,,,\r\n",
        // Rows far below the last one that had more lose the comma again.
        "user_id,access_token,,\na,t,,\nb,u\n",
        "user_id,access_token\na,t\nb,u\n,\n,\n", "user_id,access_token,\na,t,\nb,u,\n,,\n,,\n\n",
        "user_id,access_token\na,t\nb,u\n\"\",\"\"\n",
        "user_id;access_token\na;t\nb;u\n", "\"user_id\";\"access_token\"\r\n\"a\";\"t\"\r\n\"b\";\"u\"\r\n",
        "\u{FEFF}\"access_token\";user_id;;\nt;a;;\nu;b;;\n;;;\n",
    ])
    func `takes what a spreadsheet makes of a table`(text: String) {
        let reading = Reading(text)
        #expect(reading.refusal == nil && reading.problems.isEmpty)
        #expect(reading.ids == ["a", "b"])
        #expect(reading.entries.map { Reading.text(of: $0.token) } == ["t", "u"])
    }

    @Test func `a comma is text where semicolons separate`() {
        let reading = Reading("user_id;access_token;group\nDoe, J;t;eu\n\"a;b\";u;\n")
        #expect(reading.problems.isEmpty)
        #expect(reading.ids == ["Doe, J", "a;b"])
        #expect(reading.entries.map(\.group?.rawValue) == ["eu", nil])
    }

    @Test func `a row of commas is passed over at the end alone`() {
        let reading = Reading("user_id,access_token,\na,t,\n,,\n,,\nb,u,\n,,\n")
        #expect(reading.problems == [3: .userID(.empty), 4: .userID(.empty)])
        #expect(reading.ids == ["a", "b"])
        #expect(reading.rows.map(\.line) == [2, 3, 4, 5])
        #expect(Reading("user_id,access_token,\n,,\n").refusal == .noUsers)
    }

    @Test func `more empty rows than a sheet has are not kept in memory until a row has a value`() {
        let most = String(repeating: ",\n", count: 1_048_576)
        let full = Reading("user_id,access_token\na,t\n\(most)")
        #expect(full.refusal == nil && full.ids == ["a"] && full.problems.isEmpty)
        let over = Reading("user_id,access_token\na,t\n\(most),\nb,u\n")
        #expect(over.refusal == .emptyRows(line: 1_048_579))
        #expect(over.ids == ["a"] && over.problems.isEmpty)
        #expect(over.refusal?.description == "the 1,048,576 rows before line 1048579 have no value; remove them")
    }

    @Test(
        arguments: [
            ("a,t,x", .fieldCount(found: 3, expected: 2)), ("a,t,,,", .fieldCount(found: 5, expected: 2)),
            ("a", .fieldCount(found: 1, expected: 2)),
        ] as [(String, RowProblem)]
    )
    func `a field beyond the named columns must be empty`(row: String, expected: RowProblem) {
        let reading = Reading("user_id,access_token,,\n\(row)\nb,u,,\n")
        #expect(reading.problems == [2: expected])
        #expect(reading.ids == ["b"])
    }

    @Test(
        arguments: [
            ("1.23457E+17", .rounded), ("1,23457E+17", .rounded), ("1E+17", .rounded), ("-1.5e+20", .rounded),
            ("=\"0001\"", .formula), ("'0001", .apostrophe), ("'=1+1", .apostrophe), ("'+49", .apostrophe),
            ("#N/A", .failedFormula), ("#REF!", .failedFormula),
        ] as [(String, SpreadsheetDamage)]
    )
    func `an id that a spreadsheet changed is refused with the reason`(id: String, damage: SpreadsheetDamage) throws {
        let quoted = "\"" + id.replacing("\"", with: "\"\"") + "\""
        // Twice the same: nobody knows whether they were two users.
        let reading = Reading("user_id,access_token\n\(quoted),t\n\(quoted),u\nb,v\n")
        #expect(reading.problems == [2: .damaged(.userID, damage), 3: .damaged(.userID, damage)])
        #expect(reading.ids == ["b"])
        #expect(reading.rows.prefix(2).allSatisfy { $0.userID == nil })
        #expect(try #require(reading.problems[2]).description.hasPrefix("user_id: "))
        let json = id.replacing("\"", with: "\\\"")
        let line = Reading("{\"user_id\":\"\(json)\",\"access_token\":\"t\"}\n")
        #expect(line.problems == [1: .damaged(.userID, damage)])
    }

    @Test(arguments: [
        "0001", "1E17", "12E3", "1e17", "'s-Gravenhage", "=a", "#1", "1.5", "E+17", "1.E", "1E+", "1E+1a",
    ])
    func `an id that only resembles one is taken`(id: String) {
        #expect(Reading("user_id,access_token\n\(id),t\n").ids == [id])
    }

    @Test func `a token that a spreadsheet rounded is refused, not stored`() {
        let reading = Reading("user_id,access_token,refresh_token\na,1.23457E+17,\nb,t,1E+17\n")
        #expect(
            reading.problems == [2: .damaged(.accessToken, .rounded), 3: .damaged(.refreshToken, .rounded)])
    }

    @Test(arguments: [",", ";"])
    func `a formula that breaks its row is told as one`(separator: String) {
        let header = "user_id\(separator)access_token\n"
        let reading = Reading("\(header)=\"0001\"\(separator)t\nb\(separator)=\"x\"\nc\(separator)u\"v\n")
        #expect(reading.problems == [2: .formula, 3: .formula, 4: .strayQuote])
    }

    @Test(arguments: ["46053", "46053.5", "46053.25"])
    func `a day in the count of spreadsheets is told as what it is`(value: String) throws {
        let problem = try Reading.problem(ofRow: "a,t,,\(value),")
        #expect(problem == .serialDay(46_053))
        #expect(problem.description.contains("2026-01-31T00:00:00Z"))
        let quoted = try Reading.problem(ofRow: "a,t,,\"46053,5\",")
        #expect(quoted == problem)
        let line = Reading(#"{"user_id":"a","access_token":"t","expires_at":46053}"#)
        #expect(line.problems == [1: .serialDay(46_053)])
    }

    @Test func `a refused row tells whom it is about, where that can be told`() {
        let reading = Reading("user_id,access_token\na,\nb\n,t\nc,to ken\nd,t\nd,t\n\"e\"f,t\n")
        #expect(reading.rows.map { $0.userID?.rawValue } == ["a", "b", nil, "c", nil, "d", nil])
        let lines = Reading(
            #"""
            {"user_id":"a","access_token":"t t"}
            {"user_id":"b","access_tok
            """#)
        #expect(lines.rows.map { $0.userID?.rawValue } == ["a", "b"])
    }
}
