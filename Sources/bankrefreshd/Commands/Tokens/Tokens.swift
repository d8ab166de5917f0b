import ArgumentParser

struct Tokens: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Export the users' tokens, to leave for another place.", subcommands: [TokensExport.self])
}
