import RefreshCore
import RefreshDaemon
import Testing
import UserImport

struct CSVTests {
    @Test func `reads every column`() throws {
        let reading = Reading(
            """
            group,expires_at,user_id,refresh_token,access_token
            eu,2026-02-01T00:00:00Z,alice,r1,t1
            ,1769904000,bob,,t2
            """
        )
        #expect(reading.refusal == nil && reading.problems.isEmpty)
        #expect(reading.ids == ["alice", "bob"])
        #expect(reading.entries.map { Reading.text(of: $0.token) } == ["t1", "t2"])
        #expect(reading.entries.map { Reading.text(of: $0.refreshToken) } == ["r1", nil])
        #expect(reading.entries.map(\.group?.rawValue) == ["eu", nil])
        #expect(
            reading.entries.map { $0.expiresAt?.description } == [
                "2026-02-01T00:00:00Z", "2026-02-01T00:00:00Z",
            ]
        )
        #expect(reading.rows.map(\.line) == [2, 3])
    }

    @Test(arguments: [
        "user_id,access_token\na,t\nb,u\n",
        "user_id,access_token\r\na,t\r\nb,u\r\n",
        "\u{FEFF}user_id,access_token\na,t\nb,u\n", "\n  \nuser_id,access_token\n\na,t\n\t\n\r\nb,u\n\n",
        "\"user_id\",\"access_token\"\r\n\"a\",\"t\"\r\n\"b\",\"u\"",
        "user_id,access_token\na,\"t\"\n\"b\",u",
        "\u{FEFF}\"access_token\",user_id\nt,a\nu,b\n",
    ])
    func `takes either line end, a byte order mark, blank lines and quotes`(text: String) {
        let reading = Reading(text)
        #expect(reading.refusal == nil && reading.problems.isEmpty)
        #expect(reading.ids == ["a", "b"])
        #expect(reading.entries.map { Reading.text(of: $0.token) } == ["t", "u"])
    }

    @Test func `unquotes commas and doubled quotes`() {
        let reading = Reading("user_id,access_token\n\"Doe, \"\"J\"\"\",t\n\"\"\"\",u\n")
        #expect(reading.problems.isEmpty)
        #expect(reading.ids == ["Doe, \"J\"", "\""])
    }

    @Test(
        arguments: [
            ("a", .fieldCount(found: 1, expected: 5)), ("a,t,,,,", .fieldCount(found: 6, expected: 5)),
            ("\"a,t,,,\"", .fieldCount(found: 1, expected: 5)),
            (",t,,,", .userID(.empty)), (" a,t,,,", .userID(.outerSpace)),
            ("a\u{7},t,,,", .userID(.controlCharacter)),
            ("\(String(repeating: "x", count: 257)),t,,,", .userID(.tooLong(bytes: 257))),
            ("a,,,,", .accessToken(.empty)), ("a, t,,,", .accessToken(.space(position: 1))),
            ("a,t\u{E9},,,", .accessToken(.illegalCharacter(position: 2))),
            ("a,t,r r,,", .refreshToken(.space(position: 2))),
            ("a,t,,2026-01-01T00:00:00Z,", .expired(at: Reading.now)),
            ("a,t,,1,", .expired(at: Timestamp(secondsSinceEpoch: 1))),
            ("a,t,,tomorrow,", .noMoment(.expiresAt)), ("a,t,,2026-02-30T00:00:00Z,", .noMoment(.expiresAt)),
            ("a,t,,+1769904000,", .noMoment(.expiresAt)),
            ("a,t,,1769904000000,", .noMoment(.expiresAt)), ("a,t,,1769904000.5,", .noMoment(.expiresAt)),
            ("a,t,,99999999999999999999,", .noMoment(.expiresAt)),
            ("a,t,,,e u", .group), ("a,t,,,\(String(repeating: "x", count: 65))", .group),
            ("a,t\"x\",,,", .strayQuote), ("\"a\"b,t,,,", .strayQuote), ("\"a,t,,,", .unclosedQuote),
            ("\(String(repeating: "x", count: 65_537))", .tooLong),
        ] as [(String, RowProblem)]
    )
    func `tells what is wrong with a row`(row: String, expected: RowProblem) throws {
        #expect(try Reading.problem(ofRow: row) == expected)
    }

    @Test func `tells text that is not UTF-8`() {
        let header = Array("user_id,access_token,group\n".utf8)
        let reading = Reading(header + [0x4A, 0xF6, 0x72, 0x67] + Array(",t,\na,t,".utf8) + [0xE9, 0x0A])
        #expect(reading.problems == [2: .notUTF8(.userID), 3: .notUTF8(.group)])
    }

    @Test func `keeps the first good row of a user`() {
        let reading = Reading("user_id,access_token\na,\na,t1\nb,t\na,t2\na,t1\nZo\u{EB},t\nZoe\u{308},t\n")
        #expect(
            reading.problems == [
                2: .accessToken(.empty), 5: .duplicate(ofLine: 3), 6: .duplicate(ofLine: 3),
            ]
        )
        #expect(reading.entries.map { Reading.text(of: $0.token) } == ["t1", "t", "t", "t"])
    }

    @Test func `takes the longest line and no longer one`() {
        for (length, isGood) in [(65_536, true), (65_537, false)] {
            let row = "a,t," + String(repeating: "x", count: length - 4)
            let reading = Reading("user_id,access_token,group\n\(row)\nb,t,\n")
            #expect(reading.problems == [2: isGood ? .group : .tooLong])
            #expect(reading.ids == ["b"])
        }
    }

    @Test func `reads a quoted field over several lines as one row`() {
        let reading = Reading("user_id,access_token\n\"a\nb,stolen\n\",t\nc,t\n")
        #expect(reading.problems == [2: .userID(.controlCharacter)])
        #expect(reading.ids == ["c"])
    }

    @Test(
        arguments: [
            ("a,\"t\nb,t\nc,t\n", [2: .unclosedQuote], ["b", "c"]),
            ("a,\"t\nb,t\nc,\"t\nd,t", [2: .unclosedQuote, 4: .unclosedQuote], ["b", "d"]),
            ("\"a,\"t\"\n\"b\",\"t\"\n", [2: .strayQuote], ["b"]),
            ("\"a\",\"t\n\"b\",\"t\"\nc,t\n", [2: .unclosedQuote], ["b", "c"]),
            ("a,t\"\nb,t\n", [2: .strayQuote], ["b"]), ("a,\"t", [2: .unclosedQuote], []),
            ("\"\"\"\n\"\"\"\n\"b\",t\n", [2: .fieldCount(found: 1, expected: 2)], ["b"]),
        ] as [(String, [Int: RowProblem], [String])]
    )
    func `loses no other row to a stray quote`(rows: String, problems: [Int: RowProblem], ids: [String]) {
        let reading = Reading("user_id,access_token\n" + rows)
        #expect(reading.problems == problems)
        #expect(reading.ids == ids)
        #expect(reading.rows.map(\.line) == reading.rows.map(\.line).sorted())
    }

    @Test func `gives up on an open quote after 64 KiB and returns to the next line`() {
        let ids = (0..<40_000).map { "u\($0)" }
        let reading = Reading(
            "user_id,access_token\nx,\"t\n" + ids.map { "\($0),t\n" }.joined() + "y,\"t\nz,t\n"
        )
        #expect(reading.problems == [2: .unclosedQuote, 40_003: .unclosedQuote])
        #expect(reading.ids == ids + ["z"])
    }
}
