import Foundation
import RefreshCore
import Testing
import TightSandbox

/// The installed daemon with users of its own, as an operator sets it up, and the API that it calls.
struct Deployment {
    static let authorityPath = "\(Machine.configurationDirectory)/ca.pem"

    let sandbox: TightSandbox
    let users: [UserID]
    /// In the order of `users`.
    let tokens: [String]
    let journal: Journal
    private(set) var configuration: ConfigurationText

    /// Sets it up, starts the daemon unless told otherwise, and takes everything down after `body`.
    static func running(
        users count: Int = 3, with sections: [String: String] = [:], dropIn: String? = nil, starts: Bool = true,
        _ body: (Deployment) async throws -> Void
    ) async throws {
        try await Machine.prepared()
        // Random tokens: what is searched for them can hold them from this run alone.
        let users = try SandboxUsers.generate(count: count, seed: "\(UUID())")
        try await TightSandbox.running(SandboxConfiguration(users: users)) { sandbox in
            var deployment = try await Deployment(sandbox: sandbox, users: users)
            try deployment.configure(sections)
            if let dropIn { try await Machine.addDropIn(dropIn) }
            try await deployment.importUsers()
            if starts { try await Unit.start().succeeded() }
            do {
                try await body(deployment)
            } catch {
                // In a task of its own, as this one has been cancelled at the time limit.
                _ = try await Task { try await Unit.stop() }.value
                throw error
            }
            try await Unit.stop().succeeded()
        }
    }

    private init(sandbox: TightSandbox, users: SandboxUsers) async throws {
        self.sandbox = sandbox
        self.users = users.list.map(\.id)
        tokens = users.list.map { $0.token.secret.withBytes { String(decoding: $0, as: UTF8.self) } }
        journal = try await Journal()
        configuration = ConfigurationText(baseURL: sandbox.baseURL)
        try sandbox.writeAuthority(to: Self.authorityPath)
        try await Tool.run("bankrefreshd", "key", "generate", Machine.keyPath).succeeded()
    }

    /// Writes the configuration file with these sections instead of the usual ones.
    mutating func configure(_ sections: [String: String]) throws {
        configuration.sections.merge(sections) { _, new in new }
        try write(configuration.text)
    }

    func write(_ text: String) throws {
        try text.write(toFile: Machine.configurationPath, atomically: false, encoding: .utf8)
    }

    func importUsers() async throws {
        let rows = zip(users, tokens).map { "\($0.rawValue),\($1)\n" }.joined()
        try await Tool.run("bankrefreshd", "users", "import", "-", input: "user_id,access_token\n" + rows).succeeded()
    }

    /// The starts of a user's calls and the ends of the calls before, as the sandbox saw them.
    func pauses(of user: UserID) throws -> [Duration] {
        let calls = try #require(sandbox.calls(ofUser: user)).calls
        return zip(calls, calls.dropFirst()).map { .microseconds($1.started - ($0.ended ?? $0.started)) }
    }
}
