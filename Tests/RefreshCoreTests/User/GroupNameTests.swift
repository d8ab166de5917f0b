import RefreshCore
import Testing

struct GroupNameTests {
    @Test(arguments: ["a", "gold", "Gold-2.eu_west", "0", ".", String(repeating: "x", count: 64)])
    func `takes letters, digits, dots, underscores and hyphens`(text: String) {
        #expect(GroupName(text)?.rawValue == text)
    }

    @Test(arguments: [
        "", " ", "a b", "ä", "a/b", "a\n", "a\u{301}", "groß", "１", String(repeating: "x", count: 65),
    ])
    func `refuses anything else`(text: String) {
        #expect(GroupName(text) == nil)
    }
}
