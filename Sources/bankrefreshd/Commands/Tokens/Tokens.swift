import ArgumentParser

struct Tokens: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Take the users' tokens along, to leave for another place.", subcommands: [TokensExport.self])
}
