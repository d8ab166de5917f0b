import Host
import RefreshCore
import Testing

@Suite struct CredentialDirectoryTests {
    let directory: TemporaryDirectory
    let credentials: CredentialDirectory

    init() throws {
        let directory = try TemporaryDirectory()
        self.directory = directory
        credentials = CredentialDirectory(environment: {
            $0 == "CREDENTIALS_DIRECTORY" ? directory.path : nil
        })
    }

    @Test(arguments: [0o400, 0o440, 0o444]) func `reads a credential whatever its mode`(mode: Int) throws {
        let bytes = (0..<32).map { _ in UInt8.random(in: 0...255) }
        _ = try directory.file("store-key", bytes, mode: mode)
        #expect(try credentials.read("store-key") == Secret(bytes))
    }

    @Test func `names the directive that is missing`() {
        let problem = #expect(throws: CredentialProblem.self) { try credentials.read("store-key") }
        #expect(problem == .missing(name: "store-key"))
        #expect(problem?.description.contains("LoadCredential=store-key:") == true)
    }

    @Test(arguments: [nil, ""]) func `says so when nobody hands out credentials`(path: String?) {
        let none = CredentialDirectory(environment: { _ in path })
        let problem = #expect(throws: CredentialProblem.noDirectory(name: "store-key")) {
            try none.read("store-key")
        }
        #expect(problem?.description.contains("LoadCredential=store-key:") == true)
    }

    @Test(arguments: [
        "", ".", "..", "../passwd", "a/b", "a b", "a:b", "a\n", "ä", String(repeating: "x", count: 256),
    ])
    func `refuses names that lead elsewhere`(name: String) {
        let problem = #expect(throws: CredentialProblem.self) { try credentials.read(name) }
        guard case .illegalName = problem else {
            Issue.record("not refused as a name: \(String(describing: problem))")
            return
        }
    }

    @Test func `refuses what is no file, or too large for a secret`() throws {
        _ = try directory.file("large", repeatElement(0, count: SecretFile.largest + 1))
        #expect(throws: CredentialProblem.tooLarge(name: "large")) { try credentials.read("large") }
    }
}
