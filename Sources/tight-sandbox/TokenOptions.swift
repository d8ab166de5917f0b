import ArgumentParser
import RefreshCore
import TightSandbox

/// How tokens live, and who may renew them.
struct TokenOptions: ParsableArguments {
    @Option(
        help: "Tokens end so long after they were issued, 60s say; the users' first ones too. 90 days if not given.")
    var tokenLifetime: String?

    @Option(help: "When a new access token ends the old one: immediate, or on-use for when the new one is first used.")
    var rotation = TokenRotation.immediate

    @Option(help: "The client that may ask for tokens.")
    var clientID = "tight-sandbox"

    @Option(help: "Its secret is in this file; made there (mode 0600) when missing. Without, nobody can renew a token.")
    var clientSecretFile: String?

    @Option(
        parsing: .singleValue,
        help: ArgumentHelp(
            "A part of all requests for tokens that meets a behaviour, traded:close=0.1 say; repeatable.",
            valueName: "behaviour=part"
        )
    )
    var tokenShare: [String] = []

    @Option(
        parsing: .singleValue,
        help: ArgumentHelp(
            "What one user's requests for tokens meet; repeatable.",
            valueName: "user=behaviour,…"
        )
    )
    var tokenBehaviour: [String] = []

    func validate() throws {
        _ = (try lifetime(), try shares(), try scripts())
    }

    func lifetime() throws -> Duration? {
        guard let tokenLifetime else { return nil }
        guard let lifetime = Duration(text: tokenLifetime), lifetime > .zero else {
            throw ValidationError("--token-lifetime \(tokenLifetime): expected a span such as 60s")
        }
        return lifetime
    }

    func shares() throws -> Shares {
        do {
            return try Shares(texts: tokenShare)
        } catch {
            throw ValidationError("--token-share: \(error)")
        }
    }

    func scripts() throws -> [(user: UserID, script: Script)] {
        try tokenBehaviour.map { try BehaviourOptions.script($0, option: "--token-behaviour") }
    }

    func client() throws -> SandboxClient? {
        try clientSecretFile.map { SandboxClient(id: clientID, secret: try ClientSecretFile.read(orMakeAt: $0)) }
    }
}

extension TokenRotation: ExpressibleByArgument {}
