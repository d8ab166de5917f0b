import ArgumentParser

struct Store: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Back up, check, restore and compact the store, and declare its API address.",
        subcommands: [StoreBackUp.self, StoreVerify.self, StoreRestoring.self, StoreCompact.self, StoreAdopt.self])
}
