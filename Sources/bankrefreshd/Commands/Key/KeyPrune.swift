import ArgumentParser
import Glibc
import RefreshConfiguration
import RefreshCore
import RefreshDaemon
import TokenVault

struct KeyPrune: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "prune",
        abstract: "Remove unused keys from the key file.",
        discussion: """
            The command searches the whole store first, and the running daemon checks again. Backups of the store from \
            before the last rotation need the removed keys: keep copies of the keys as long as those backups.

              bankrefreshd key prune
            """)

    @OptionGroup var common: CommonOptions

    func run() async throws {
        let configuration = try common.file.load()
        let source = KeySource(file: common.file.path, store: configuration.store)
        // Fails early, before the store is read in vain.
        let lock = try source.lock()
        defer { close(lock) }
        var report: KeyReport = try ChildProgram.ourselves(["key", "status"], common)
        if report.resealing != nil, try common.daemonIfRunning() == nil {
            // An interrupted rotation continues only if a process works on it.
            report = try ChildProgram.ourselves(["key", "rotate", "--reseal"], common)
        }
        if report.resealing != nil {
            throw CommandFailure(
                .tryLater, "tokens are being re-encrypted",
                remedy: "try again later: bankrefreshd key status shows "
                    + "the progress")
        }
        let unused = Set(report.keys.filter { !$0.seals && $0.isAtHand && $0.tokens == 0 }.map(\.id))
        guard !unused.isEmpty else {
            return try tell([], "every key is needed; the key file stays as it is")
        }
        let ids = try source.keys().ids.filter { unused.contains($0.description) }
        let before = try source.edit { file in try KeyFile.removing(Set(ids), from: file) }
        do {
            _ = try await common.daemonIfRunning()?.perform(ReloadKeys())
        } catch {
            try source.edit { _ in before }
            throw error
        }
        let names = unused.sorted()
        try tell(names, "removed from the key file: \(names.joined(separator: ", "))")
        if case .credential = configuration.store.key, report.keys.count > 1, try common.daemonIfRunning() != nil {
            Remark.write("a daemon that loaded its credential earlier forgets them at its next start", on: nil)
        }
    }

    private func tell(_ removed: [String], _ text: String) throws {
        StandardOutput.write(common.json ? try JSONText.of(["removed": removed]) : text + "\n")
    }
}
