import RefreshCore
import Testing

struct AccessTokenTests {
    @Test(arguments: ["a", "AZaz09-._~+/", "c2VjcmV0==", String(repeating: "f", count: 4_096)])
    func `takes what a bearer token is made of, unchanged`(text: String) throws {
        let token = try AccessToken(Array(text.utf8))
        #expect(token.secret.withBytes { Array($0) } == Array(text.utf8))
        #expect(token.secret.count == text.utf8.count)
    }

    @Test(arguments: [
        ("", AccessTokenProblem.empty), (String(repeating: "f", count: 4_097), .tooLong(bytes: 4_097)),
        ("abc\n", .space(position: 4)), (" abc", .space(position: 1)), ("a\tb", .space(position: 2)),
        ("a\rb", .space(position: 2)), ("a\"b", .illegalCharacter(position: 2)),
        ("aé", .illegalCharacter(position: 2)),
        ("a\u{0}", .illegalCharacter(position: 2)), ("\u{7F}", .illegalCharacter(position: 1)),
        ("a,b", .illegalCharacter(position: 2)), ("a:b c", .illegalCharacter(position: 2)),
    ])
    func `refuses anything else, and says where`(text: String, problem: AccessTokenProblem) {
        #expect(throws: problem) { try AccessToken(Array(text.utf8)) }
    }

    @Test func `counts positions from the start of a slice`() {
        let bytes = Array("xxxxa b".utf8)[4...]
        #expect(throws: AccessTokenProblem.space(position: 2)) { try AccessToken(bytes) }
    }

    @Test(arguments: 0..<20 as Range<UInt64>)
    func `is never quoted by its problems`(seed: UInt64) {
        var random = SplitMix64(seed: seed)
        let text = (0..<8).map { _ in String(random.next(), radix: 16) }.joined()
        do {
            _ = try AccessToken(Array((text + " ").utf8))
            Issue.record("a token that ends with a space was taken")
        } catch {
            #expect(!"\(error)\(String(reflecting: error))\(error.description)".contains(text.prefix(8)))
        }
    }
}
