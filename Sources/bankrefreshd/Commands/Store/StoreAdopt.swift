import ArgumentParser
import RefreshConfiguration
import RefreshCore
import SQLiteStore

struct StoreAdopt: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "adopt",
        abstract: "Say that the store's tokens belong to another address of the API from now on.",
        discussion: """
            A store remembers the address that its tokens were brought for, and is refused with any other: tokens of \
            the sandbox and of production cannot be mixed up. Where the address itself has changed, name the new one, \
            as the configuration has it; the daemon must not run.

              bankrefreshd store adopt https://gateway.example/rest
            """)

    @OptionGroup var file: ConfigurationOption

    @Argument(help: "The address, as the configuration has it.")
    var address: String

    func run() async throws {
        let configuration = try file.load()
        let configured = configuration.api.server.description
        guard address == configured else {
            throw CommandFailure(
                .configuration, "the configuration says \(configured), not \(address.sanitized(limit: 200))",
                remedy: "mend the section api first, then: bankrefreshd store adopt \(configured)")
        }
        let keys = try KeySource(file: file.path, store: configuration.store).keys()
        let opened = try await StoreOpening.open(configuration.store, keys: keys, demands: .init())
        do {
            let before = try await opened.store.marks().environment
            try await opened.store.setEnvironment(configured)
            let users = try await opened.store.census(now: Calendar.now).users
            let from = before.map { $0 == configured ? "" : "; they belonged to \($0)" } ?? ""
            StandardOutput.write("the tokens of \(Count.of(users, "user")) belong to \(configured)\(from)\n")
        } catch {
            try? opened.store.close()
            throw error
        }
        try opened.store.close()
    }
}
