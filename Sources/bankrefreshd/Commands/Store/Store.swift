import ArgumentParser

struct Store: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Say what the store is meant for.", subcommands: [StoreAdopt.self])
}
