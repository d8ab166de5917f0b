import ArgumentParser
import ControlPlane
import Host
import RefreshConfiguration
import RefreshCore
import RefreshDaemon

struct StoreMoving: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "copy",
        abstract: "Copy another store to the configured one, to work there from now on.",
        discussion: """
            Moves an embedded store to a PostgreSQL server, or back. --from names the configuration of the store to copy \
            from; the one in force names the store to copy to, which is new or empty. No daemon may work with either, \
            and no key is needed. Users, encrypted tokens, schedule, minimum intervals, history, pauses and alerts are \
            kept. Calls that a killed daemon left open count as made.

            Until the copy is complete, no daemon can use either store. If the command is interrupted, run it \
            again: it goes on where it stopped. At the end it compares both stores. Then only the copy can be worked \
            with. To give a copy up, see bankrefreshd store reopen.

            Back from a server, the settings that its daemons had in common stay behind: those of the file count again. The \
            command names what differs.

            To move from a file to a server:

              systemctl stop bankrefreshd
              cp -p /etc/bankrefreshd/config.json /etc/bankrefreshd/file.json
              editor /etc/bankrefreshd/config.json    # add store.postgresql
              bankrefreshd check-config
              bankrefreshd store copy --from /etc/bankrefreshd/file.json
              systemctl start bankrefreshd
            """)

    @OptionGroup var common: CommonOptions

    @Option(
        help: ArgumentHelp("The configuration file of the store to copy from.", valueName: "path"),
        completion: .file())
    var from: String

    func run() async throws {
        let target = try common.file.load()
        let source = try ConfigurationOption.read(from, ConfigurationLoader.load(path:))
        let (old, new) = (
            try MovableStore.Location(source, file: from), try MovableStore.Location(target, file: common.file.path)
        )
        guard old.isOnServer != new.isOnServer else {
            throw CommandFailure(
                .configuration,
                "both \(from) and \(common.file.path) name a \(new.isOnServer ? "PostgreSQL server" : "SQLite file")",
                remedy: new.isOnServer
                    ? "to move from a file: leave store.postgresql out of \(from); from one server to another: pg_dump and "
                        + "pg_restore, as docs/postgresql.md says"
                    : "to move to a server: add store.postgresql to \(common.file.path), and give --from a copy of it as "
                        + "it was before; from one file to another: bankrefreshd store backup and bankrefreshd store "
                        + "restore")
        }
        guard source.api.server == target.api.server else {
            throw CommandFailure(
                .configuration,
                "\(from) says \(source.api.server) and \(common.file.path) says \(target.api.server): the tokens of one "
                    + "are not for the other, and they would be sent to the wrong place",
                remedy: "correct the section api of the file that is wrong")
        }
        for socket in Set([source.controlSocket, target.controlSocket]) {
            try await checkNoDaemon(at: socket, old, new)
        }
        try MovableStore.assumeOwner(of: old, new)
        let store = try await naming(from) {
            try await MovableStore.open(old, address: target.api.server.description)
        }
        let (report, fleet) = try await store.closing {
            // The daemons of a server follow shared settings, which may differ from the file of one of them.
            let fleet = try await store.sharedSettings()
            return (try await move(store, to: new, fleet.map(source.following) ?? source), fleet)
        }
        let left = new.isOnServer ? nil : fleet.map { SharedSettings(of: target).differences(from: $0) }
        let summary = MoveSummary(report, from: old.address, to: new.address, leaving: left)
        StandardOutput.write(common.json ? try JSONText.of(summary) : summary.text(file: common.file.path))
    }

    /// Throws if a daemon runs on this host, and says which of the two stores it uses.
    ///
    /// Both configurations may name the same socket, so the daemon itself must say.
    private func checkNoDaemon(
        at socket: String, _ old: MovableStore.Location, _ new: MovableStore.Location
    ) async throws {
        let client = ControlClient(socketPath: socket)
        guard client.whyUnreachable() == nil else { return }
        let status = try? await client.perform(ReadStatus())
        let used = [old, new].first { $0.isOnServer == (status?.server != nil) } ?? old
        throw CommandFailure(
            .tryLater,
            "the daemon works with the store \(used.address), the one to copy "
                + (used.address == old.address ? "from" : "to"), remedy: "stop it first: systemctl stop bankrefreshd")
    }

    /// Runs `body` and adds the configuration file to the failures of its store.
    private func naming<Value>(_ file: String, _ body: () async throws -> Value) async throws -> Value {
        do { return try await body() } catch {
            guard let failure = CommandFailure(translating: error) else { throw error }
            throw CommandFailure(failure.exit, "\(file): \(failure.message)", remedy: failure.remedy)
        }
    }

    private func move(
        _ source: any OpenStore, to location: MovableStore.Location, _ configuration: Configuration
    ) async throws -> StoreMove.Report {
        let target = try await naming(common.file.path) { try await MovableStore.openOrMake(location) }
        return try await target.closing {
            try await CommandLog.writing { log in
                try await run(
                    StoreMove(
                        from: source, to: target, policies: configuration.policies,
                        keepsHistory: !configuration.history.isOff, time: WallClock(), events: log))
            }
        }
    }

    private func run(_ move: StoreMove) async throws -> StoreMove.Report {
        var (stage, progress) = (StoreMove.Progress.Stage.copying, Progress())
        defer { progress.clear() }
        return try await move.run(seed: .random(in: .min ... .max)) { step in
            let share = Double(step.rows) / Double(max(1, step.total))
            // Each stage has its own total, and so its own time left.
            if step.stage != stage { (stage, progress) = (step.stage, Progress()) }
            switch stage {
            case .copying: progress.show(share: share, "\(step.table.rawValue): \(step.rows) of \(step.total) rows")
            case .comparing: progress.show(share: share, "comparing both stores")
            }
        }
    }
}

struct MoveSummary: Encodable {
    let from: String
    let to: String
    let users: Int
    let attempts: Int
    let lostCalls: Int
    /// By how many seconds running minimum intervals became longer, because the calendars of the two stores differ.
    let intervalsLonger: Double
    /// Where the target's file differs from the source's fleet settings, which stay behind; nil if there were none.
    let settingsLeft: [SettingDifference]?

    init(_ report: StoreMove.Report, from: String, to: String, leaving settings: [SettingDifference]?) {
        self.from = from
        self.to = to
        users = report.users
        attempts = report.attempts
        lostCalls = report.lostCalls
        intervalsLonger = report.floors.ahead / .seconds(1)
        settingsLeft = settings
    }

    /// `file` is the target's configuration file.
    func text(file: String) -> String {
        var lines = ["copied \(users.counted("user")) and \(attempts.counted("past call")), compared both stores"]
        if lostCalls > 0 {
            lines.append("\(lostCalls.counted("call")) under way when a daemon was killed: counted as made")
        }
        if intervalsLonger > 0 {
            let seconds = Duration.seconds(intervalsLonger).roundedText
            lines.append("the clock of the new store is ahead: running minimum intervals became longer by \(seconds)")
        }
        if let settingsLeft {
            let sameness = settingsLeft.isEmpty ? "they are the same" : settingsLeft.sentence(of: file)
            lines.append("the fleet's settings were not copied, and \(file) applies from now on: \(sameness)")
        }
        lines.append("the store is \(to) now")
        lines.append("no daemon can use \(from) any more; when you are sure: \(StorePlace(from).removal)")
        lines.append("next: bankrefreshd check-config; systemctl start bankrefreshd")
        return lines.joined(separator: "\n") + "\n"
    }
}
