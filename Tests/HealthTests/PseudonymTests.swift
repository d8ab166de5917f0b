import Testing

@testable import bankrefreshd

/// Who and what is left out of a support bundle, byte by byte: with a mark behind it Swift takes a character for another.
struct PseudonymTests {
    @Test(arguments: ["o'neill", "a'\u{301}b", "'\u{301}"])
    func `an id is replaced as a shell takes it, too`(id: String) {
        var pseudonyms = Pseudonyms()
        pseudonyms.add(id)
        let quoted = String(decoding: id.utf8.flatMap { $0 == 0x27 ? Array(#"'\''"#.utf8) : [$0] }, as: UTF8.self)
        #expect(pseudonyms.replacing(in: "run: users show '\(quoted)'") == "run: users show '<user 1>'")
    }

    @Test func `who is listed is left out, however the id begins`() throws {
        let line = "{\"MESSAGE\":\"Parked 2 users, first: \\u0301eve\"}\n"
        var excerpt = JournalExcerpt(lines: Array(line.utf8))
        excerpt.dropTextsOfOthers()
        #expect(!(try excerpt.text()).contains("eve"))
    }

    @Test func `what Tight said is left out, however it begins`() throws {
        let line = """
            {"MESSAGE":"User a failed: \\u0301Eve, 12 High Street","REFRESH_USER_ID":"a",\
            "REFRESH_ERROR":"\\u0301Eve, 12 High Street"}

            """
        var excerpt = JournalExcerpt(lines: Array(line.utf8))
        excerpt.dropTextsOfOthers()
        #expect(!(try excerpt.text()).contains("High Street"))
    }

    @Test func `whom the status of the unit names is replaced, and nothing else of the unit`() {
        var pseudonyms = Pseudonyms()
        for id in ["yes", "\u{301}eve"] { pseudonyms.add(id) }
        let unit = BundleFacts.Unit(text: "PrivateTmp=yes\nStatusText=\u{301}eve=yes asked\nResult=success\n")
        #expect(unit.status == "\u{301}eve=yes asked")
        let changed = unit.mappingStatus { pseudonyms.replacing(in: $0) }
        #expect(changed.text == "PrivateTmp=yes\nStatusText=<user 2>=<user 1> asked\nResult=success\n")
    }
}
