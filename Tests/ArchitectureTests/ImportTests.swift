import Testing

struct ImportTests {
    @Test(arguments: Room.all.map(\.folder))
    func `a room sees only what its row allows`(folder: String) throws {
        let room = try #require(Room.all.first { $0.folder == folder })
        let files = try SourceTree.sources().filter { room.holds($0.path) }
        #expect(!files.isEmpty, "\(folder) has a row here, but no files")
        let seen = files.flatMap { file in file.imports.map { (file.path, $0) } }
        let forbidden = seen.filter { !room.sight.includes($0.1) }.map { "\($0.0) imports \($0.1)" }
        #expect(forbidden.isEmpty)
    }

    @Test func `every file lies in a room that has a row`() throws {
        let files = try SourceTree.sources()
        #expect(files.count > 40)
        let homeless = files.filter { file in !Room.all.contains { $0.holds(file.path) } }.map(\.path)
        #expect(homeless.isEmpty, "add a row to Room.all for the new room")
    }

    @Test func `the stand-in for Tight and the daemon do not see each other`() {
        for room in Room.all {
            let isStandIn = room.folder == "TightSandbox" || room.folder == "tight-sandbox"
            for module in isStandIn ? Room.daemonModules.subtracting(["RefreshCore"]) : ["TightSandbox"] {
                #expect(!room.sight.includes(module), "\(room.folder) may import \(module)")
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
