import ArgumentParser
import ControlPlane
import Glibc
import Host
import RefreshConfiguration
import RefreshCore
import RefreshDaemon
import SQLiteStore
import TokenVault

/// The options that most commands have.
struct CommonOptions: ParsableArguments {
    @OptionGroup var file: ConfigurationOption

    @Flag(help: "Print JSON.")
    var json = false

    /// What answers the command: the daemon, or the store if no daemon runs.
    private enum Respondent {
        case daemon(ControlClient)
        case store(Configuration, because: ControlUnreachable)
    }

    /// The running daemon; throws if none runs.
    func daemon() throws -> ControlClient {
        switch try respondent() {
        case .daemon(let client): return client
        case .store(_, let unreachable): throw CommandFailure(unreachable)
        }
    }

    /// The running daemon; nil if none runs.
    func daemonIfRunning() throws -> ControlClient? {
        guard case .daemon(let client) = try respondent() else { return nil }
        return client
    }

    /// Runs `body` on the running daemon, or else on the store itself, which is closed afterwards.
    ///
    /// If the store is in use, waits up to 5 s: another command will release it, or a starting daemon will answer. A
    /// missing store is made only if `makingStore` is true.
    func withOperations<Answer>(
        makingStore isMade: Bool = false, _ body: (any OperationPerforming) async throws -> Answer
    ) async throws -> Answer {
        let deadline = ContinuousClock.now + .seconds(5)
        var keys: KeyRing?
        while true {
            switch try respondent() {
            case .daemon(let client): return try await body(client)
            case .store(let configuration, let unreachable):
                // Read only once: opening the store gives up the rights that reading the key may need.
                let ring = try keys ?? self.keys(configuration, because: unreachable)
                keys = ring
                do {
                    return try await withStore(configuration, keys: ring, isMade: isMade, body)
                } catch let problem as StoreProblem {
                    guard case .heldByAnother = problem, ContinuousClock.now < deadline else { throw problem }
                    try await Task.sleep(for: .milliseconds(50))
                }
            }
        }
    }

    private func withStore<Answer>(
        _ configuration: Configuration, keys: KeyRing, isMade: Bool,
        _ body: (any OperationPerforming) async throws -> Answer
    ) async throws -> Answer {
        let store = try await StoreOpening.open(
            configuration.store, file: file.path, keys: keys,
            demands: .init(environment: configuration.api.server.description, isMade: isMade))
        let vault = LiveVault(keys: keys)
        let rotation = KeyRotation(store: store, address: store.address, vault: vault, events: EventFanOut())
        return try await store.closing {
            let time = try await SharedCalendar.shown(by: store, over: WallClock())
            let policies = try await (store.sharedSettings().map(configuration.following) ?? configuration).policies
            let keyring = KeyOperations(rotation: rotation, isResealingAtOnce: true, read: { keys })
            return try await CommandLog.writing { log in
                let operations = StoreContext(
                    store: store, vault: vault, time: time, events: log, keyring: keyring, version: Version.text,
                    policies: { policies })
                return try await running({ try await body(operations) }, finally: operations.finish)
            }
        }
    }

    /// Throws what would keep the command from its work, before it prompts the user for anything.
    func check() throws {
        guard case .store(let configuration, let unreachable) = try respondent() else { return }
        _ = try keys(configuration, because: unreachable)
    }

    /// The keys of the store; for a user who may not read them, the failure is that no daemon runs.
    private func keys(_ configuration: Configuration, because unreachable: ControlUnreachable) throws -> KeyRing {
        do {
            return try KeySource(file: file.path, store: configuration.store).keys()
        } catch let failure as CommandFailure where failure.exit == .notAllowed && geteuid() != 0 {
            throw CommandFailure(
                .unreachable, "\(CommandFailure(unreachable).message), and only root can ask the store without one",
                remedy: "start it, as root: systemctl start bankrefreshd")
        }
    }

    /// A result as one line of JSON, or in words.
    func line(_ result: some Encodable, _ words: @autoclosure () -> String) throws -> String {
        json ? try JSONText.line(of: result) : words()
    }

    /// A remark about groups that the configuration does not name; nil if it names all of them.
    func remark(onGroups groups: Set<GroupName>) -> String? {
        guard let configuration = try? file.load() else { return nil }
        let unknown = groups.filter { configuration.groups[$0] == nil }.map(\.rawValue).sorted()
        guard !unknown.isEmpty else { return nil }
        return "no such group in \(file.path): \(unknown.joined(separator: ", ")); the general rules apply there"
    }

    private func respondent() throws -> Respondent {
        do {
            let configuration = try ConfigurationLoader.load(path: file.path)
            let client = ControlClient(socketPath: configuration.controlSocket)
            switch client.whyUnreachable() {
            case nil: return .daemon(client)
            case .noSocket(let path): return .store(configuration, because: .noSocket(path))
            case .refused(let path): return .store(configuration, because: .refused(path))
            case let unreachable?: throw CommandFailure(unreachable)
            }
        } catch let problems as ConfigurationProblems {
            guard let client = file.socketDespiteMistakes.map({ ControlClient(socketPath: $0) }),
                client.whyUnreachable() == nil
            else { throw CommandFailure(problems, file: file.path) }
            Remark.write(
                "\(file.path) has mistakes, which bankrefreshd check-config lists; the daemon runs on with what the file "
                    + "said before")
            return .daemon(client)
        }
    }
}

/// The configuration file to use.
struct ConfigurationOption: ParsableArguments {
    static let standardPath = "/etc/bankrefreshd/config.json"

    @Option(
        help: ArgumentHelp(
            "The configuration file; by default $BANKREFRESHD_CONFIG, or \(Self.standardPath).", valueName: "path"),
        completion: .file())
    var config: String?

    func validate() throws {
        if config?.isEmpty == true { throw ValidationError("--config: the path is empty") }
    }

    var path: String {
        config ?? ProcessEnvironment.nonEmpty("BANKREFRESHD_CONFIG") ?? Self.standardPath
    }

    /// The socket of a daemon that may still run with the file's previous content, although the file has mistakes.
    ///
    /// If the file does not tell, the default socket is used only for a file at the standard path.
    var socketDespiteMistakes: String? {
        ConfigurationLoader.controlSocket(inFaulty: path)
            ?? (path == Self.standardPath ? Configuration.default.controlSocket : nil)
    }

    func load() throws -> Configuration { try Self.read(path, ConfigurationLoader.load(path:)) }

    /// What `reading` makes of a file; its problems are thrown as a failure.
    static func read<Value>(
        _ path: String, _ reading: (String) throws(ConfigurationProblems) -> Value
    ) throws -> Value {
        do { return try reading(path) } catch { throw CommandFailure(error, file: path) }
    }
}
