import ArgumentParser
import FoundationEssentials
import Glibc
import RefreshDaemon

/// What the commands that change keys share.
struct KeyChange {
    private let lock: Int32

    /// Keeps every other such command out until `end`: two at once could each take the other's key away.
    ///
    /// The lock is on the directory of the key file, since the file itself is replaced.
    init(_ source: KeySource) throws {
        let directory = DirectoryPath.of(try source.editablePath())
        lock = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard lock >= 0 else {
            throw CommandFailure(
                .notAllowed, "store.key: \(directory) cannot be read: \(String(cString: strerror(errno)))",
                remedy: "run the command as root or as the key's owner")
        }
        guard flock(lock, LOCK_EX | LOCK_NB) == 0 else {
            close(lock)
            throw CommandFailure(
                .tryLater, "another command is changing the keys, and nothing was changed by this one",
                remedy: "wait until it is done: bankrefreshd key status")
        }
    }

    /// Lets the next one in.
    func end() {
        close(lock)
    }

    /// How the store's tokens are sealed.
    ///
    /// Asks in a process of its own: one that opens a store for good gives up the rights that the key file may need.
    func usage(_ common: CommonOptions) throws -> KeyReport {
        try JSONDecoder().decode(KeyReport.self, from: Data(try answer(of: ["key", "status"], common)))
    }

    /// Throws what the command fails of, to be told in this one's form.
    func answer(of command: [String], _ common: CommonOptions) throws -> [UInt8] {
        let answer = try ChildProgram.ourselves(command + ["--json", "--config", common.file.path])
        guard answer.status == 0 else {
            if let failure = CommandFailure(json: answer.errors) { throw failure }
            StandardError.write(String(decoding: answer.errors, as: UTF8.self))
            throw ExitCode(answer.status)
        }
        return answer.output
    }
}
