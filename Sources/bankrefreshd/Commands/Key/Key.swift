import ArgumentParser

struct Key: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Make and change the keys that encrypt tokens in the store.",
        subcommands: [KeyGenerate.self, KeyRotate.self, KeyStatus.self, KeyPrune.self, KeyReplace.self])
}
