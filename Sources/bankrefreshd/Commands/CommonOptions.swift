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
        let opened = try await StoreOpening.open(configuration, file: file.path, keys: keys, isMade: isMade)
        let log = CommandLog()
        let rotation = KeyRotation(store: opened.store, vault: opened.vault, events: NobodyListens())
        let operations = StoreContext(
            store: opened.store, vault: opened.vault,
            time: try await SharedCalendar.shown(by: opened.store, over: WallClock()), events: log,
            policies: try await opened.followed(by: configuration).policies,
            keyring: KeyOperations(
                rotation: rotation, pace: .atOnce, place: opened.place, read: { keys }),
            version: Version.text)
        let answer: Answer
        do {
            answer = try await body(operations)
            try await operations.finish()
        } catch {
            try? await operations.finish()
            await log.finish()
            try? await opened.close()
            throw error
        }
        await log.finish()
        try await opened.close()
        return answer
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
            guard let client = file.socketDespiteMistakes.map(ControlClient.init(socketPath:)),
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
        if let config { return config }
        guard let path = ProcessEnvironment.value("BANKREFRESHD_CONFIG"), !path.isEmpty else {
            return Self.standardPath
        }
        return path
    }

    /// The socket of a daemon that may still run with the file's previous content, although the file has mistakes.
    ///
    /// If the file does not tell, the default socket is used only for a file at the standard path.
    var socketDespiteMistakes: String? {
        ConfigurationLoader.controlSocket(inFaulty: path)
            ?? (path == Self.standardPath ? Configuration.default.controlSocket : nil)
    }

    func load() throws -> Configuration {
        do {
            return try ConfigurationLoader.load(path: path)
        } catch {
            throw CommandFailure(error, file: path)
        }
    }
}
