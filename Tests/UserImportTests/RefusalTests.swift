import Testing
import UserImport

struct RefusalTests {
    @Test(
        arguments: [
            ("", .empty), ("\n \r\n\t\n", .empty), ("\u{FEFF}", .empty), ("\u{FEFF}\n", .empty),
            ("user_id,access_token", .noUsers), ("user_id,access_token\n\n", .noUsers),
            ("a,t\nb,u\n", .noHeader), ("alice\n", .noHeader),
            (String(repeating: "x", count: 70_000), .noHeader),
            ("user_id\na", .missingColumn(.accessToken)), ("access_token,group\na", .missingColumn(.userID)),
            ("user_id,access_token,user_id\na", .repeatedColumn(.userID)),
            ("user_id\taccess_token\n", .separator(name: "tab")),
            ("user_id,access_token\ra,t\r", .carriageReturns),
            ("user_id,\"access_token\na,t", .unreadableHeader),
            ("[{\"user_id\":\"a\"}]", .jsonArray), ("\n [\n{\"user_id\":\"a\"}]", .jsonArray),
            ("{\n\"user_id\":\"a\"\n}", .spreadJSON),
            ("a\u{0}b", .notText(line: 1)), ("user_id,access_token\na\u{0}", .notText(line: 2)),
        ] as [(String, ImportRefusal)]
    )
    func `refuses a file that is none of users`(text: String, expected: ImportRefusal) {
        let reading = Reading(text)
        #expect(reading.refusal == expected)
        #expect(reading.rows.isEmpty)
    }

    @Test(
        arguments: [
            [0xFF, 0xFE, 0x75, 0x00, 0x73, 0x00], [0xFE, 0xFF, 0x00, 0x75, 0x00, 0x73],
        ] as [[UInt8]]
    )
    func `tells UTF-16`(bytes: [UInt8]) {
        #expect(Reading(bytes).refusal == .notUTF8Encoding)
        #expect(Reading(bytes, chunk: { 1 }).refusal == .notUTF8Encoding)
    }

    @Test func `tells binary files`() {
        #expect(Reading([0x1F, 0x8B, 0x08, 0x00]).refusal == .notText(line: 1))
        #expect(Reading([0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A]).refusal == .notText(line: 1))
    }

    @Test(arguments: [
        ("userid,access_token", #"column number 1 is not known; did you mean "user_id"?"#, false),
        ("userid,access_token", #"column "userid" is not known; did you mean "user_id"?"#, true),
        ("user_id,token", #"column "token" is not known; did you mean "access_token"?"#, true),
        (
            "user_id,access_token,e-mail",
            #"column "e-mail" is not known; known are user_id, access_token, "#, true
        ),
        ("User_ID,Access_Token", #"column number 1 is not known; did you mean "user_id"?"#, true),
        ("user_id,access_token,a1b2c3", "column number 3 is not known; known are ", true),
    ])
    func `names the unknown column and the nearest known one`(header: String, text: String, isTold: Bool)
        throws
    {
        let refusal = try #require(Reading(header + "\na,t\n").refusal)
        #expect(refusal.description.hasPrefix(text) == isTold)
    }

    @Test(arguments: [ImportRefusal.empty, .noHeader, .notText(line: 1), .missingColumn(.userID)])
    func `shows what a file looks like`(refusal: ImportRefusal) {
        #expect(refusal.description.contains("user_id,access_token"))
        #expect(refusal.description.contains(#"{"user_id":"…","access_token":"…"}"#))
    }

    @Test func `hands out the rows before a refusal, then refuses for good`() throws {
        var parser = UserFileParser(now: Reading.now)
        #expect(try parser.feed(Array("user_id,access_token\na,t\nb\u{0}\nc,t\n".utf8)).map(\.line) == [2])
        for _ in 0..<2 {
            #expect(throws: ImportRefusal.notText(line: 3)) { try parser.feed(Array("d,t\n".utf8)) }
            #expect(throws: ImportRefusal.notText(line: 3)) { try parser.finish() }
        }
    }

    @Test func `reads the form that it is told`() {
        #expect(
            Reading("{\"user_id\":\"a\",\"access_token\":\"t\"}", form: .csv).refusal == .unreadableHeader
        )
        #expect(Reading("user_id,access_token\n", form: .ndjson).problems == [1: .notJSON(.notAnObject)])
    }
}
