import RefreshCore
import Testing

struct UserIDTests {
    @Test(arguments: [
        "a", "user-1", "Jörg Müller", "用户 7", "-", "a b", "'; DROP TABLE users; --", "e\u{301}", "😀",
        String(repeating: "x", count: 256), String(repeating: "ß", count: 128),
    ])
    func `takes any visible text of up to 256 bytes`(text: String) throws {
        #expect(try UserID(text).rawValue.utf8.elementsEqual(text.utf8))
    }

    @Test(arguments: [
        ("", UserIDProblem.empty), (String(repeating: "x", count: 257), .tooLong(bytes: 257)),
        (String(repeating: "ß", count: 129), .tooLong(bytes: 258)), ("a\nb", .controlCharacter),
        ("\r\n", .controlCharacter),
        ("a\tb", .controlCharacter), ("a\u{0}", .controlCharacter), ("\u{1B}[31m", .controlCharacter),
        ("a\u{7F}", .controlCharacter), ("a\u{85}b", .controlCharacter), ("a\u{2028}b", .controlCharacter),
        ("a\u{202E}b", .controlCharacter), ("\u{FEFF}a", .controlCharacter), ("a\u{200B}", .controlCharacter),
        ("\u{E000}", .controlCharacter), (" a", .outerSpace), ("a ", .outerSpace), ("a\u{A0}", .outerSpace),
        ("\u{3000}a", .outerSpace), (" ", .outerSpace), (" \u{301}a", .outerSpace),
        ("a \u{301}", .outerSpace),
    ])
    func `refuses anything else, and says why`(text: String, problem: UserIDProblem) {
        #expect(throws: problem) { try UserID(text) }
        #expect(!problem.description.isEmpty)
    }

    @Test func `is told apart by its bytes, as stores do`() throws {
        let composed = try UserID("caf\u{e9}")
        let decomposed = try UserID("cafe\u{301}")
        #expect(composed != decomposed)
        #expect(Set([composed, decomposed]).count == 2)
        #expect(Place(of: composed, seed: 1) != Place(of: decomposed, seed: 1))
        let again = try UserID("caf\u{e9}")
        #expect(composed == again)
        #expect(Set([composed, again]).count == 1)
    }
}
