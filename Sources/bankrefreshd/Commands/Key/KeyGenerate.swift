import ArgumentParser
import Glibc
import RefreshCore
import TokenVault

struct KeyGenerate: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "generate",
        abstract: "Make a new random key for the store.",
        discussion: """
            Writes the key to a new file that only its owner can read; an existing file is not overwritten. Without a \
            file, the key goes to standard output, unless that is a terminal. If you lose the key, you lose the \
            tokens: keep a copy elsewhere.

              bankrefreshd key generate /etc/bankrefreshd/store-key
              bankrefreshd key generate | systemd-creds encrypt --name=store-key - store-key.cred
            """)

    @Argument(help: "The file to make.", completion: .file())
    var path: String?

    func run() throws {
        let key = StoreKey.generate()
        let line = key.encoded.withBytes { Array($0) + [UInt8(ascii: "\n")] }
        guard let path else {
            guard !StandardOutput.isTerminal else {
                throw CommandFailure(
                    .usage, "the key would be shown on the terminal",
                    remedy: "name a file: bankrefreshd key generate PATH")
            }
            StandardOutput.write(line)
            return
        }
        try write(line, to: path)
        StandardError.write("key \(key.id) is in \(path); keep a copy elsewhere: without it the tokens are lost\n")
    }

    private func write(_ line: [UInt8], to path: String) throws {
        let descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard descriptor >= 0 else {
            switch errno {
            case EEXIST:
                throw CommandFailure(
                    .badData, "\(path) exists and is left as it is", remedy: "name another file, or move that one away")
            case EACCES, EPERM, EROFS: throw CommandFailure(.notAllowed, "\(path) may not be written")
            case ENOENT, ENOTDIR: throw CommandFailure(.badData, "the directory of \(path) does not exist")
            default: throw CommandFailure(.software, "\(path) cannot be made: \(String(cString: strerror(errno)))")
            }
        }
        defer { close(descriptor) }
        // The mode must not depend on the umask, and the key must be on disk before anything is sealed with it.
        guard fchmod(descriptor, 0o600) == 0,
            line.withUnsafeBytes({ Glibc.write(descriptor, $0.baseAddress, $0.count) }) == line.count,
            fsync(descriptor) == 0
        else {
            let detail = String(cString: strerror(errno))
            unlink(path)
            throw CommandFailure(.tryLater, "\(path) could not be written: \(detail)")
        }
    }
}
