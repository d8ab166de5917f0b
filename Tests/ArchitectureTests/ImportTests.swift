import Testing

struct ImportTests {
    @Test func `a module imports only what its row in ARCHITECTURE allows`() throws {
        let sources = try SourceTree.sources()
        for module in try Module.all() {
            let files = sources.filter { module.holds($0.path) }
            #expect(!files.isEmpty, "\(module.folder) has a row, but no files")
            let seen = files.flatMap { file in file.imports.map { (file.path, $0) } }
            let forbidden = seen.filter { !module.mayImport($0.1) }.map { "\($0.0) imports \($0.1)" }
            #expect(forbidden == [])
        }
    }

    @Test func `every file lies in a module that has a row`() throws {
        let (files, modules) = (try SourceTree.sources(), try Module.all())
        #expect(files.count > 40)
        let homeless = files.filter { file in !modules.contains { $0.holds(file.path) } }.map(\.path)
        #expect(homeless == [], "add a row to ARCHITECTURE.md for the new module")
    }

    @Test func `the stand-in for Tight and the daemon do not see each other`() throws {
        let modules = try Module.all()
        let standIns = Set(["TightSandbox", "tight-sandbox"])
        let daemon = modules.map(\.name).filter { !standIns.contains($0) && $0 != "RefreshCore" }
        #expect(daemon.count > 5)
        for module in modules {
            let headers = ["CCrypt", "CLibpq", "CNghttp2", "CSystemd", "CZlib"]
            for other in standIns.contains(module.name) ? daemon + headers : ["TightSandbox"] {
                #expect(!module.mayImport(other), "\(module.folder) may import \(other)")
            }
        }
    }

    @Test func `every way of writing an import is found`() {
        let file = SourceFile(
            path: "Sources/RefreshCore/A.swift",
            text: """
                import A
                package import B
                @testable import C
                @_spi(X) public import struct D.Thing
                  internal import E // import F
                // import G
                /* import H
                import I */
                let text = "import J"
                import func K.call
                """
        )
        #expect(file.imports == ["A", "B", "C", "D", "E", "K"])
    }
}
