import ArgumentParser
import RefreshConfiguration
import RefreshCore

struct StoreAdopt: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "adopt",
        abstract: "Declare that the store's tokens now belong to another API address.",
        discussion: """
            A store remembers the API address of its tokens and refuses any other, so that tokens of the sandbox and \
            of production are never mixed up. If the address itself has changed, name the new one as in the \
            configuration. The daemon must not run.

              bankrefreshd store adopt https://gateway.example/rest
            """)

    @OptionGroup var file: ConfigurationOption

    @Argument(help: "The address, as in the configuration.")
    var address: String

    func run() async throws {
        let configuration = try file.load()
        let configured = configuration.api.server.description
        guard address == configured else {
            throw CommandFailure(
                .configuration, "the configuration says \(configured), not \(address.sanitized(limit: 200))",
                remedy: "fix the section api first, then: bankrefreshd store adopt \(configured)")
        }
        let keys = try KeySource(file: file.path, store: configuration.store).keys()
        try StoreOpening.checkNoDaemon(configuration)
        let store = try await StoreOpening.open(configuration.store, file: file.path, keys: keys, demands: .init())
        try await store.closing {
            try await StoreOpening.checkNobodyElse(store)
            let before = try await store.marks().environment
            try await store.setEnvironment(configured)
            let users = try await store.census(now: Calendar.now).users
            let from = before.map { $0 == configured ? "" : "; they belonged to \($0)" } ?? ""
            StandardOutput.write("the tokens of \(users.counted("user")) belong to \(configured)\(from)\n")
        }
    }
}
