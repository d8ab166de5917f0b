import ArgumentParser
import Glibc
import RefreshConfiguration
import RefreshCore
import SQLiteStore
import TokenVault

struct StoreVerify: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "verify",
        abstract: "Check a backup, or the store itself, from end to end.",
        discussion: """
            Reads everything: whether the file is intact, whether every token opens with the configured keys, and how \
            many users it holds. Changes nothing; the daemon may run. Exit code 65: the file is damaged or no store. \
            78: the keys do not fit, or a newer version wrote it.

              bankrefreshd store verify /var/backups/bankrefreshd/store.sqlite
              bankrefreshd store verify --json
            """)

    @OptionGroup var common: CommonOptions

    @Argument(help: ArgumentHelp("The file; by default the configured store.", valueName: "file"))
    var path: String?

    func run() async throws {
        let configuration = try common.file.load()
        if path == nil {
            try configuration.store.checkIsFile(
                for: "store verify",
                remedy: "pg_amcheck checks the database, and bankrefreshd key status whether keys are at hand; to "
                    + "check a backup of a SQLite store, name it")
        }
        let path = path ?? configuration.store.sqlitePath
        let keys = try KeySource(file: common.file.path, store: configuration.store).keys()
        try StoreOwner.assume(for: path)
        guard access(path, F_OK) == 0 || errno != ENOENT && errno != ENOTDIR else {
            throw CommandFailure(.badData, "there is no file \(path)")
        }
        let sealer = TokenSealer(keys: keys)
        let found: StoreExamination
        do {
            found = try StoreExamination.examine(
                path,
                verifying: { marks throws(StoreProblem) in
                    try StoreOpening.check(marks, of: path, keys: keys, demands: .init(mayBeClosed: true))
                },
                opens: sealer.opens)
        } catch {
            let own = configuration.store.sqlitePath
            let isOwn = path == own || stat(of: path).flatMap { stat(of: own)?.isSame(as: $0) } ?? false
            throw isOwn ? error : BackupProblem.unusable(file: path, error)
        }
        let report = VerificationReport(found, path: path)
        StandardOutput.write(common.json ? try JSONText.of(report) : report.text())
        guard report.isGood else { throw ExitCode(SystemExit.badData.rawValue) }
    }
}

struct VerificationReport: Encodable {
    enum Kind: String, Encodable { case backup, store }

    let path: String
    let kind: Kind
    /// Only for a backup.
    var takenAt: String?
    var takenBy: String?
    /// Only for a store: when a daemon last used it, and the process that has it open.
    var lastUsed: String?
    var process: Int32?
    let users: Int
    let usersByState: [String: Int]
    let refreshTokens: Int
    let attempts: Int
    let api: String?
    /// The number of users with a token that does not open with the available keys.
    let unopened: Int
    let firstUnopened: [String]
    let damage: [String]
    /// How to fix the problems; nil if there are none.
    let remedy: String?

    init(_ found: StoreExamination, path: String) {
        self.path = path
        switch found.nature {
        case .backup(let mark):
            kind = .backup
            takenAt = mark.takenAt.description
            takenBy = mark.version
        case .store(let lastSeen, let process):
            kind = .store
            lastUsed = lastSeen?.description
            self.process = process
        }
        users = found.users.values.reduce(0, +)
        usersByState = Dictionary(uniqueKeysWithValues: found.users.map { ($0.key.rawValue, $0.value) })
        refreshTokens = found.refreshTokens
        attempts = found.attempts
        api = found.marks.environment
        unopened = found.unopened.count
        firstUnopened = found.unopened.first.map(\.rawValue)
        damage = found.damage
        remedy = Self.remedy(kind, isDamaged: !damage.isEmpty, hasUnopened: unopened > 0)
    }

    var isGood: Bool { damage.isEmpty && unopened == 0 }

    func text() -> String {
        var table = Table(path, nature)
        let states = UserState.Kind.allCases.compactMap { kind in
            usersByState[kind.rawValue].map { "\($0.grouped) \(kind.rawValue)" }
        }
        table.add("users", users.grouped + (states.isEmpty ? "" : ": \(states.joined(separator: ", "))"))
        table.add("refresh tokens", refreshTokens.grouped)
        table.add("past calls", attempts.grouped)
        if let api { table.add("tokens for", api) }
        table.add("seals", seals)
        for line in damage { table.add("damage", line) }
        table.add("file", damage.isEmpty ? "whole" : "damaged")
        if let remedy { table.add("remedy", remedy) }
        return table.text(width: nil)
    }

    private static func remedy(_ kind: Kind, isDamaged: Bool, hasUnopened: Bool) -> String? {
        switch kind {
        case _ where !isDamaged && !hasUnopened: nil
        case .backup where isDamaged: "use another backup"
        case .backup:
            "put the key from the time of the backup where store.key points, or use another backup; store restore "
                + "refuses this one without --allow-unopened"
        case .store where isDamaged: "restore it from a backup: bankrefreshd store restore FILE"
        case .store: "import new tokens of these users: bankrefreshd users import FILE"
        }
    }

    private var nature: String {
        switch kind {
        case .backup: "a backup of \(takenAt ?? ""), made by bankrefreshd \(takenBy ?? "")"
        case .store:
            process.map { "a store in use by process \($0)" }
                ?? "a store, last used \(lastUsed ?? "never"); not marked as a backup"
        }
    }

    private var seals: String {
        guard unopened > 0 else { return "every token opens with the keys at hand" }
        let rest = unopened > firstUnopened.count ? ", …" : ""
        return "tokens of \(unopened.counted("user")) do not open: \(firstUnopened.joined(separator: ", "))\(rest)"
    }
}
