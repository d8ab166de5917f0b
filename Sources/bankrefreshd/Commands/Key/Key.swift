import ArgumentParser

struct Key: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Make the key that encrypts tokens in the store.", subcommands: [KeyGenerate.self])
}
