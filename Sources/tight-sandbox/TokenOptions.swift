import ArgumentParser
import RefreshCore
import TightSandbox

/// The lifetime of tokens, and the client that may renew them.
struct TokenOptions: ParsableArguments {
    @Option(
        help: "The lifetime of tokens, such as 60s, including the users' first ones. 90 days by default.")
    var tokenLifetime: String?

    @Option(help: "When a new access token invalidates the old one: immediate, or on-use for its first use.")
    var rotation = TokenRotation.immediate

    @Option(help: "The id of the client that may renew tokens.")
    var clientID = "tight-sandbox"

    @Option(help: "The file with its secret; created (mode 0600) if missing. Without it, tokens cannot be renewed.")
    var clientSecretFile: String?

    @Option(
        parsing: .singleValue,
        help: ArgumentHelp(
            "The share of all token requests that get a behaviour, such as traded:close=0.1; repeatable.",
            valueName: "behaviour=part"
        )
    )
    var tokenShare: [String] = []

    @Option(
        parsing: .singleValue,
        help: ArgumentHelp(
            "The behaviour of one user's token requests; repeatable.",
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
        try BehaviourOptions.shares(tokenShare, option: "--token-share")
    }

    func scripts() throws -> [(user: UserID, script: Script)] {
        try tokenBehaviour.map { try BehaviourOptions.script($0, option: "--token-behaviour") }
    }

    func client() throws -> SandboxClient? {
        try clientSecretFile.map { SandboxClient(id: clientID, secret: try ClientSecretFile.read(orMakeAt: $0)) }
    }
}

extension TokenRotation: ExpressibleByArgument {}
