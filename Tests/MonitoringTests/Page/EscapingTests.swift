import Testing

@testable import Monitoring

/// What acts on a browser or a reader of metrics is a byte, whatever Swift takes for a character.
struct EscapingTests {
    private static let marked = "<\u{301}b a='\u{301}\"\u{301}>\u{301}&\u{301}\\\u{301}\n"

    @Test func `a mark on a character saves it from no escape`() {
        let html = HTML.escaped(Self.marked).unicodeScalars
        #expect(!html.contains { "<>\"'".unicodeScalars.contains($0) })
        #expect(html.filter { $0 == "&" }.count == 5)
        let svg = SVGText.element("note", x: 0, y: 0, Self.marked)
        #expect(svg == "<text class=\"note\" x=\"0\" y=\"0\">\(HTML.escaped(Self.marked))</text>")
        let exposition = Array(ExpositionText.escaped(Self.marked).utf8)
        #expect(exposition.firstRange(of: Array(#"\""#.utf8)) != nil)
        #expect(exposition.firstRange(of: Array(#"\\"#.utf8)) != nil)
    }
}
