import Testing

struct CodeRuleTests {
    @Test(arguments: Rule.everywhere)
    func `no source holds`(rule: Rule) throws {
        #expect(rule.violations(in: try SourceTree.sources()).isEmpty)
        #expect(rule.idleExemptions(in: try SourceTree.sources()).isEmpty)
    }

    @Test(arguments: Rule.pure)
    func `neither the rules nor the work over ports hold`(rule: Rule) throws {
        let files = try SourceTree.sources().filter {
            $0.path.hasPrefix("Sources/RefreshCore/") || $0.path.hasPrefix("Sources/RefreshDaemon/")
        }
        #expect(files.count > 40)
        #expect(rule.violations(in: files).isEmpty)
    }

    @Test(arguments: Rule.everywhere + Rule.pure)
    func `each rule finds what breaks it, and only in code`(rule: Rule) {
        let broken = SourceFile(path: "A.swift", text: rule.example + "\n")
        #expect(rule.violations(in: [broken]).count == 1)
        let words = rule.example.replacing("\"", with: "'").replacing("\\(", with: "(")
        let quoted = SourceFile(path: "A.swift", text: "// \(words)\nlet a = \"\(words)\"\n/* \(words) */\n")
        #expect(rule.violations(in: [quoted]).isEmpty)
    }

    @Test(arguments: [
        "if !isReady, a != b { return !c }", "let a = b.map { !$0 }",
        "Int64.random(in: 0...max(1, f(2) / 10), using: &random)",
        "try await Task.sleep(for: .seconds(1), clock: clock)", "let time = slot(at: now)",
        "[Bool](); a ?? !b",
        "final class Database {}", "hasher.combine(byte)", "package import FoundationEssentials",
    ])
    func `no rule finds fault with sound code`(code: String) {
        let file = SourceFile(path: "A.swift", text: code)
        #expect((Rule.everywhere + Rule.pure).flatMap { $0.violations(in: [file]) }.isEmpty)
    }

    @Test func `code is told from comments and strings`() {
        let text = #####"""
            a // b "c
            d /* e /* f */ " g */ h
            let i = "j \(k("l" + m)) n \" o"
            let p = #"q \(r) \#(s) " t"#
            let u = """
                v " w \(x)
                """
            y
            """#####
        let letters = CodeScanner.code(of: text).filter { $0.isLetter }
        #expect(letters == "adhletikmletpsletuxy")
    }
}
