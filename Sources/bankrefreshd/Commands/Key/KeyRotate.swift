import ArgumentParser
import RefreshConfiguration
import RefreshCore
import RefreshDaemon
import TokenVault

struct KeyRotate: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "rotate",
        abstract: "Seal every token with a new key.",
        discussion: """
            Puts a new key in front of the others in the key file, has the running daemon take it, and waits until every \
            token is sealed with it; calls go on meanwhile. What is interrupted goes on by itself, in the daemon or at \
            its next start. Old keys stay in the file until bankrefreshd key prune removes them; keep them for as long \
            as there are backups that were made with them.

            Where the key is a credential only the service manager can exchange it: put the new key before the old one \
            in what the unit loads, restart, and seal with --reseal.

              bankrefreshd key rotate
              bankrefreshd key rotate --reseal
            """)

    @OptionGroup var common: CommonOptions

    @Flag(help: "Make no new key; seal with the first of those that are there.")
    var reseal = false

    func run() async throws {
        let configuration = try common.file.load()
        let source = KeySource(file: common.file.path, store: configuration.store)
        if !reseal {
            // Before anything is read: a credential is not at hand outside the service.
            try source.checkEditable()
            // Keys that do not fit the store are to be found before they are added to.
            let present = try source.keys()
            let key = StoreKey.generate()
            try source.edit { KeyFile.adding(key, to: $0) }
            if !common.json {
                StandardError.write(
                    "key \(key.id) seals from now on; \(present.ids.map(\.description).joined(separator: ", "))"
                        + " stays in the file for what it sealed\n")
            }
        }
        try await common.withOperations { operations in try await seal(operations) }
    }

    private func seal(_ operations: any FleetOperating) async throws {
        var progress = Progress()
        defer { progress.clear() }
        // A store without a daemon answers when all is done, and tells meanwhile how far it is.
        async let answer = operations.reloadKeys()
        let watching = Task {
            var progress = Progress()
            while !Task.isCancelled {
                if let share = try await operations.keys().resealing?.share {
                    progress.show(share: share, "sealing anew")
                }
                try await Task.sleep(for: .milliseconds(200))
            }
        }
        defer { watching.cancel() }
        var report = try await answer
        while report.resealing != nil {
            try await Task.sleep(for: .milliseconds(100))
            report = try await operations.keys()
            if let share = report.resealing?.share { progress.show(share: share, "sealing anew") }
        }
        watching.cancel()
        progress.clear()
        if let failure = report.failure {
            throw CommandFailure(
                .tryLater, "sealing was interrupted: \(failure)",
                remedy: "it is tried again; see bankrefreshd key status")
        }
        let usage = try await operations.keyUsage()
        StandardOutput.write(common.json ? try JSONText.of(usage) : KeyStatus.text(usage))
    }
}
