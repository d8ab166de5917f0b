import ArgumentParser
import Glibc
import Host
import RefreshConfiguration
import RefreshCore
import RefreshDaemon
import SQLiteStore
import TokenVault

struct TokensExport: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "export",
        abstract: "Write all users with their tokens in clear text, to leave for another place.",
        discussion: """
            Requires root or the store's owner, the key, and that no daemon runs. The file is new and only its maker \
            can read it; it gets its name once it is complete. With - the export goes to a pipe. Each user is a line \
            of JSON with tokens, group, expiry, state, schedule and the time of the last call; users import reads it. \
            The journal records the export. Exit code 65: a token did not open; the others are written.

            Whoever reads the file can act for every user. Do not start a daemon here afterwards: if refresh tokens \
            change with each use, two users of a token lose it.

              systemctl disable --now bankrefreshd
              bankrefreshd tokens export /root/tokens.ndjson
              bankrefreshd tokens export - | age -r RECIPIENT > tokens.age
            """)

    @OptionGroup var common: CommonOptions

    @Argument(help: ArgumentHelp("The file to make, or - for a pipe.", valueName: "file"), completion: .file())
    var target: String

    func run() async throws {
        guard CoreDump.forbid() else { throw CommandFailure(.software, "core dumps cannot be turned off") }
        let configuration = try common.file.load()
        if configuration.store.postgresql.hosts == nil {
            let store = configuration.store.sqlitePath
            try BackupTarget.checkStore(store)
            guard geteuid() == 0 || stat(of: store)?.st_uid == geteuid() else {
                throw CommandFailure(
                    .notAllowed, "only root and the owner of \(store) may take the tokens out of it",
                    remedy: "run it as root")
            }
        }
        try StoreOpening.checkNoDaemon(configuration)
        if target == "-" {
            let summary = try await writeOut(configuration)
            StandardError.write(try common.line(summary, summary.text()))
            if summary.unopened > 0 { throw ExitCode(SystemExit.badData.rawValue) }
        } else {
            try writeFile()
        }
    }

    /// Writes in another process: opening the store as root gives up the rights that the file may need.
    private func writeFile() throws {
        let file = try ClearTextFile(target)
        var summary: TokenExportSummary = try file.fill(
            by: ["tokens", "export", "-"], common, endingWith: [0, SystemExit.badData.rawValue])
        summary.path = target
        StandardOutput.write(try common.line(summary, summary.text()))
        if summary.unopened > 0 { throw ExitCode(SystemExit.badData.rawValue) }
    }

    private func writeOut(_ configuration: Configuration) async throws -> TokenExportSummary {
        try ClearTextOutput.check()
        let caller = getuid()
        let keys = try KeySource(file: common.file.path, store: configuration.store).keys()
        let store = try await open(configuration, keys: keys)
        return try await store.closing {
            try await StoreOpening.checkNobodyElse(store)
            let time = try await SharedCalendar.shown(by: store, over: WallClock())
            let export = TokenExport(store: store, vault: LiveVault(keys: keys), time: time)
            let total = try await CommandLog.writing { log in
                var random = SystemRandomNumberGenerator()
                try await export.endLostCalls(
                    policies: configuration.policies, keepsHistory: !configuration.history.isOff, events: log,
                    using: &random)
                try await checkNobodyCalls(store, now: time.now)
                let total = try await export.userCount()
                // Before the first token leaves, so that the journal records the export however it ends.
                log.report(.tokensExported(users: total, by: caller))
                return total
            }
            return try await write(export, total)
        }
    }

    /// Throws if users on a server are leased, perhaps by a daemon that is cut off; an open file has no other user.
    private func checkNobodyCalls(_ store: any OpenStore, now: Timestamp) async throws {
        guard !(store is SQLiteUserStore) else { return }
        let called = try await store.census(now: now).leased
        guard called == 0 else {
            throw CommandFailure(
                .tryLater, "a daemon on another host works with the store, and calls \(called.counted("user")) now",
                remedy: "stop every daemon that shares the store first")
        }
    }

    private func open(_ configuration: Configuration, keys: KeyRing) async throws -> any OpenStore {
        do {
            return try await StoreOpening.open(
                configuration.store, file: common.file.path, keys: keys, demands: .init())
        } catch let problem as StoreProblem {
            guard case .heldByAnother = problem else { throw problem }
            throw CommandFailure(.tryLater, problem.description, remedy: "stop it first: systemctl stop bankrefreshd")
        }
    }

    private func write(_ export: TokenExport, _ total: Int) async throws -> TokenExportSummary {
        var progress = Progress()
        defer { progress.clear() }
        var summary = TokenExportSummary()
        var pending: TokenExport.Page? = try await export.page(after: nil)
        while let page = pending {
            // The next page is fetched while this one is written.
            async let next = export.page(following: page)
            StandardOutput.write(page.lines)
            summary.count(page)
            let users = summary.users
            progress.show(share: Double(users) / Double(max(1, total)), users.counted("user"))
            pending = try await next
        }
        return summary
    }
}

struct TokenExportSummary: Codable {
    private static let mostNamed = 5

    /// Nil for standard output.
    var path: String?
    private(set) var users = 0
    private(set) var refreshTokens = 0
    /// The number of users with a token that does not open with the available keys.
    private(set) var unopened = 0
    private(set) var firstUnopened: [String] = []

    mutating func count(_ page: TokenExport.Page) {
        users += page.users
        refreshTokens += page.refreshTokens
        unopened += page.unopened.count
        firstUnopened += page.unopened.prefix(Self.mostNamed - firstUnopened.count).map(\.rawValue)
    }

    func text() -> String {
        let refresh = refreshTokens.counted("refresh token")
        let whole =
            "exported \(users.counted("user")) with their tokens in clear text, \(refresh) among them"
            + (path.map { ": \($0)" } ?? "") + "\n"
        guard unopened > 0 else { return whole }
        let rest = unopened > firstUnopened.count ? ", …" : ""
        return whole
            + "tokens of \(unopened.counted("user")) do not open with the keys at hand, and are not exported: "
            + firstUnopened.joined(separator: ", ") + rest + "\n"
    }
}
