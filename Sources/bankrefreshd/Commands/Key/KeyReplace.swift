import ArgumentParser
import ControlPlane
import RefreshConfiguration
import RefreshCore
import RefreshDaemon
import SQLiteStore
import TokenVault

struct KeyReplace: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "replace",
        abstract: "Give up the tokens of a lost key, and keep their users.",
        discussion: """
            Users whose tokens do not open with any key at hand keep their schedule and history and are parked; paused \
            users stay paused. When you import their tokens again, they are called again. Without --yes, the command \
            only shows what it would do. If you find the lost key, add it below the first one in the key file and \
            restart: the tokens are back.

              bankrefreshd key generate /etc/bankrefreshd/store-key
              bankrefreshd key replace --lost
              bankrefreshd key replace --lost --yes
              bankrefreshd users import users.csv
            """)

    @OptionGroup var common: CommonOptions

    @Flag(help: "The old key is lost for good.")
    var lost = false

    @Flag(help: "Do it.")
    var yes = false

    func validate() throws {
        guard lost else {
            throw ValidationError(
                "give --lost if the old key is lost; to change an existing key: bankrefreshd key rotate")
        }
    }

    func run() async throws {
        let configuration = try common.file.load()
        if ControlClient(socketPath: configuration.controlSocket).whyUnreachable() == nil {
            throw CommandFailure(
                .tryLater, "the daemon runs, and holds keys that fit the store: nothing is lost yet",
                remedy: "put its keys back where store.key points while it runs, or stop it first")
        }
        let keys = try KeySource(file: common.file.path, store: configuration.store).keys()
        let store = try await StoreOpening.open(
            configuration.store, file: common.file.path, keys: keys,
            demands: .init(environment: configuration.api.server.description, mustKeysFit: false))
        try await store.closing {
            // Daemons on other hosts have keys that fit the store, so nothing is lost yet.
            try await StoreOpening.checkNobodyElse(store)
            try await replace(in: store, keys: keys)
        }
    }

    private func replace(in store: any OpenStore, keys: KeyRing) async throws {
        let rotation = KeyRotation(
            store: store, address: store.address, vault: LiveVault(keys: keys), events: EventFanOut())
        let usage = try await rotation.usage()
        let lostKeys = usage.tokens.filter { !keys.ids.contains($0.key) }
        let count = lostKeys.values.reduce(0, +)
        let checks = try await store.marks().keyChecks
        guard count > 0 || (try? KeyCheck(keys: keys).verify(checks, of: store.address)) == nil else {
            return try tell(0, "nothing is lost: the keys at hand open every token")
        }
        let names = lostKeys.keys.map(\.description).sorted().joined(separator: ", ")
        guard yes else {
            let what =
                "\(count.counted("token")) sealed with \(names.isEmpty ? "the lost key" : names) would be given up;"
                + " schedules and history stay"
            common.json ? Remark.write(what, on: nil) : StandardOutput.write(what + "\n")
            throw CommandFailure(
                .usage, "nothing was changed", remedy: "to do it: bankrefreshd key replace --lost --yes")
        }
        let now = Calendar.now
        let givenUp = try await rotation.giveUpLost { ids in
            for id in ids { _ = try await store.update(id) { Self.parked($0, at: now) } }
        }
        try tell(
            givenUp,
            "\(givenUp.counted("token")) given up; start the daemon, and bring new ones: bankrefreshd users import FILE"
        )
    }

    private func tell(_ givenUp: Int, _ text: String) throws {
        StandardOutput.write(common.json ? try JSONText.of(["givenUp": givenUp]) : text + "\n")
    }

    /// The user, parked until it has a new token; a paused or parked user does not change.
    private static func parked(_ user: User, at now: Timestamp) -> User {
        var next = user
        switch user.state {
        case .scheduled, .backingOff: next.state = .parked(.unauthorized, since: now)
        case .parked, .paused: break
        }
        return next
    }
}
