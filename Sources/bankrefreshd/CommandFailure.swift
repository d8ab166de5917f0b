import ControlPlane
import FoundationEssentials
import Glibc
import RefreshConfiguration
import RefreshCore
import RefreshDaemon
import TightAPI
import Monitoring

/// Why a command failed: a message on stderr for people, and an exit code for scripts.
struct CommandFailure: Error, Codable {
    private enum CodingKeys: String, CodingKey {
        case exit = "exitCode"
        case message, remedy
    }

    let exit: SystemExit
    let message: String
    let remedy: String?

    init(_ exit: SystemExit, _ message: String, remedy: String? = nil) {
        self.exit = exit
        self.message = message
        self.remedy = remedy
    }

    /// Prints the failure for people, or with `--json` as one line of JSON.
    ///
    /// `speaker` precedes the message unless it is nil.
    func print(by speaker: String? = "bankrefreshd") {
        if Self.isJSON, let line = try? JSONText.line(of: ["error": self]) {
            return StandardError.write(line)
        }
        StandardError.write((speaker.map { "\($0): " } ?? "") + message + "\n")
        if let remedy { StandardError.write("  \(remedy)\n") }
    }

    /// Reads the failure that another run with `--json` printed as its last line; nil if the line is something else.
    init?(json lines: [UInt8]) {
        let line = lines.split(separator: UInt8(ascii: "\n")).last ?? []
        let told = try? JSONDecoder().decode([String: CommandFailure].self, from: Data(line))["error"]
        guard let told else { return nil }
        self = told
    }

    /// Whether `--json` is on the command line, found without the parser, because parsing itself may fail.
    static let isJSON = CommandLine.arguments.dropFirst().prefix { $0 != "--" }.contains("--json")

    /// The failure for an error of a module; nil for errors that the argument parser describes itself.
    init?(translating error: any Error) {
        switch error {
        case let failure as CommandFailure: self = failure
        case let problem as OperationProblem: self.init(problem)
        case let problem as StoreProblem: self.init(problem.exit, problem.description, remedy: problem.remedy)
        case let problem as BackupProblem: self.init(problem.exit, problem.description, remedy: problem.remedy)
        case let problem as StoreMoveProblem:
            self.init(problem.exit, problem.description, remedy: problem.remedy)
        case let problem as ControlUnreachable: self.init(problem)
        case let problem as ControlSocketProblem: self.init(.configuration, problem.description)
        case let problem as TightClientProblem: self.init(.configuration, problem.description)
        case let problem as WebProblem:
            self.init(problem.exit, "web.listen: \(problem)", remedy: problem.remedy)
        default: return nil
        }
    }

    /// Like `init(translating:)`, but describes every other error too.
    init(describing error: any Error) {
        self = CommandFailure(translating: error) ?? CommandFailure(.software, "\(error)")
    }

    init(_ problems: ConfigurationProblems, file: String) {
        var text = problems.text(file: file)
        while text.last?.isNewline == true { text.removeLast() }
        self.init(.configuration, text)
    }

    /// `key` is the key of the configuration that leads to the obstacle.
    init(_ obstacle: Obstacle, at key: String) {
        self.init(.configuration, "\(key): \(obstacle.reason)", remedy: obstacle.remedy)
    }

    init(_ unreachable: ControlUnreachable) {
        switch unreachable {
        case .notAllowed: self.init(.notAllowed, unreachable.description)
        case .noAnswer: self.init(.tryLater, unreachable.description)
        case .noSocket, .refused, .protocolMismatch: self.init(.unreachable, unreachable.description)
        }
    }

    init(_ problem: OperationProblem) {
        switch problem {
        case .noSuchUser(let id):
            self.init(.badData, "there is no user \(id)", remedy: "bankrefreshd users list shows who is stored")
        case .userExists(let id):
            self.init(
                .badData, "there is a user \(id) already",
                remedy: "bankrefreshd users show shows it; remove it first if it is the wrong one")
        case .inFlight(let id):
            self.init(
                .tryLater, "user \(id) is being called, and its result would be lost",
                remedy: "try again in a moment")
        case .daemonNotRunning:
            self.init(.unreachable, "no daemon is running", remedy: "start it: systemctl start bankrefreshd")
        case .stopping:
            self.init(.tryLater, "the daemon is stopping and accepts no more work", remedy: "try again once it runs")
        case .configurationRefused(let problems):
            self.init(
                .configuration,
                "the configuration is refused; the one in force stays\n"
                    + problems.map { "  \($0)" }.joined(separator: "\n"),
                remedy: "fix the file and reload again; bankrefreshd check-config checks it")
        case .badRequest(let text): self.init(.usage, text)
        case .store(let problem): self.init(problem.exit, problem.description, remedy: problem.remedy)
        case .failed(let text): self.init(.software, text)
        }
    }
}

extension CommandFailure {
    /// The failure for an errno(3) from reading or writing a file.
    init(errno code: Int32, at file: String) {
        let detail = "\(file): \(String(cString: strerror(code)))"
        switch code {
        case EACCES, EPERM, EROFS: self.init(.notAllowed, detail)
        case ENOSPC, EDQUOT:
            self.init(.tryLater, "the disk that holds \(file) is full", remedy: "make room; nothing is lost")
        default: self.init(.tryLater, detail)
        }
    }
}

extension BackupProblem {
    fileprivate var exit: SystemExit {
        switch self {
        case .notWritten(_, .notAllowed): .notAllowed
        case .notWritten(_, .noDirectory), .ofAnotherStore: .usage
        case .notWritten(_, .full), .notWritten(_, .failed): .tryLater
        case .unusable(_, .missing): .badData
        case .unusable(_, let problem): problem.exit
        case .tokensDoNotOpen: .badData
        }
    }
}

extension StoreMoveProblem {
    fileprivate var exit: SystemExit {
        switch self {
        case .inUse, .callsUnderWay: .tryLater
        case .holdsUsers, .holdsCopy: .configuration
        case .differs: .badData
        }
    }
}

extension WebProblem {
    /// An address may come later than the daemon, as from DHCP at a boot.
    fileprivate var exit: SystemExit {
        switch self {
        case .taken, .notAllowed: .configuration
        case .notHere, .system: .tryLater
        }
    }
}

extension StoreProblem {
    fileprivate var exit: SystemExit {
        switch self {
        case .heldByAnother, .full, .unreachable, .displaced, .olderMembers: .tryLater
        case .newerVersion, .keyDoesNotFit, .otherEnvironment, .missing, .unfit, .memberOfSameName, .closed:
            .configuration
        case .notAStore where isOnServer: .configuration
        case .notAStore, .leftoverFiles: .badData
        case .notAllowed: .notAllowed
        }
    }
}

/// The exit codes that scripts may rely on.
///
/// Source: sysexits(3). Only `health` uses 1, because container engines know only 0 and 1.
enum SystemExit: Int32, Codable {
    case notReady = 1
    case usage = 64
    case badData = 65
    case unreachable = 69
    case software = 70
    case outputFailed = 74
    case tryLater = 75
    case notAllowed = 77
    case configuration = 78
}
