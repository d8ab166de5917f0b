import Glibc
import Host
import RefreshConfiguration
import RefreshCore
import TokenVault

/// Reads the keys that the configuration names.
struct KeySource {
    /// The configuration file; outside the service, credentials are read from files beside it.
    let file: String
    let store: StoreSettings

    func keys() throws -> KeyRing {
        do {
            let secret = try store.key.read(beside: file, trusted: store.owner)
            try checkLoaded(secret)
            return try secret.withBytes { try KeyRing(file: $0) }
        } catch {
            throw failure(for: error)
        }
    }

    /// Refuses the placeholder that the unit passes if it found no key to load.
    private func checkLoaded(_ secret: Secret) throws {
        guard case .credential(let name) = store.key, secret.withBytes({ $0.elementsEqual("missing".utf8) }) else {
            return
        }
        let path = DirectoryPath.of(file) + name
        throw CommandFailure(
            .configuration, "store.key: the unit found no key to load for the credential \(name)",
            remedy: "put the key back where LoadCredential=\(name): points; for a new store make one: bankrefreshd key "
                + "generate \(path); then: systemctl start bankrefreshd")
    }

    /// Changes the key file and returns its previous content.
    @discardableResult
    func edit(_ change: (Secret) throws -> Secret) throws -> Secret {
        let path = try editablePath()
        do {
            return try SecretFileEdit.edit(path, trusted: store.owner, change)
        } catch {
            throw failure(for: error)
        }
    }

    /// Excludes other commands that change keys until the returned descriptor is closed: two could remove each other's.
    ///
    /// The lock is on the directory of the key file, because the file itself is replaced.
    func lock() throws -> Int32 {
        let directory = DirectoryPath.of(try editablePath())
        let lock = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
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
        return lock
    }

    /// The file with the keys; throws unless they are in a file that a command can change.
    ///
    /// A credential is changed in the file from which the unit, as installed, loads it: beside the configuration.
    private func editablePath() throws -> String {
        switch store.key {
        case .file(let path): return path
        case .credential(let name):
            let path = DirectoryPath.of(file) + name
            if ProcessEnvironment.nonEmpty("CREDENTIALS_DIRECTORY") == nil, access(path, F_OK) == 0 {
                return path
            }
            throw CommandFailure(
                .configuration,
                "store.key: the keys come from the credential \(name), and there is no file \(path) to change it in",
                remedy: "change what the unit loads it from, a new key before the old ones, then: "
                    + "systemctl restart bankrefreshd && bankrefreshd key rotate --reseal; step by step in docs/keys.md"
            )
        }
    }

    private func failure(for error: any Error) -> any Error {
        switch (error, store.key) {
        case (SecretFileProblem.missing(let path), .file):
            CommandFailure(
                .configuration, "store.key: there is no file \(path)",
                remedy: "put the key back; for a new store make one: bankrefreshd key generate \(path)")
        case (SecretFileProblem.missing(let path), .credential(let name)):
            CommandFailure(
                .configuration,
                "store.key: there is no file \(path), where the credential \(name) is looked for outside the service",
                remedy:
                    "put the key back; for a new store make one: bankrefreshd key generate \(path); if the unit loads"
                    + " it from elsewhere: CREDENTIALS_DIRECTORY=/that/directory bankrefreshd COMMAND")
        case (SecretFileProblem.notReplaced(let path, let detail), _):
            CommandFailure(
                .notAllowed, "\(path) cannot be changed, and is as it was: \(detail)",
                remedy: "run the command as root or as the key's owner, where its directory may be written")
        case (let problem as KeyFileProblem, _): CommandFailure(.configuration, "store.key: \(problem)")
        default: CommandFailure.unreadable("store.key", "key", error)
        }
    }
}

extension CommandFailure {
    /// The failure for an error from reading a secret, which the configuration's `key` names; other errors stay.
    fileprivate static func unreadable(_ key: String, _ secret: String, _ error: any Error) -> any Error {
        switch error {
        case SecretFileProblem.notAllowed(let path):
            CommandFailure(
                .notAllowed, "\(key): this user may not read \(path)",
                remedy: "run the command as root or as the \(secret)'s owner; if this is the service: "
                    + "chown bankrefreshd: \(path), or name it in LoadCredential=")
        case is SecretFileProblem, is CredentialProblem: CommandFailure(.configuration, "\(key): \(error)")
        default: error
        }
    }
}

extension SecretReference {
    /// Reads the secret.
    ///
    /// Outside the service, a credential comes from the file of its name beside the configuration `file`, where the
    /// unit loads it from.
    func read(beside file: String, trusted owner: UInt32?) throws -> Secret {
        switch self {
        case .file(let path): return try SecretFile.read(path, trusted: owner)
        case .credential(let name):
            guard ProcessEnvironment.nonEmpty("CREDENTIALS_DIRECTORY") == nil else {
                return try CredentialDirectory().read(name)
            }
            return try SecretFile.read(DirectoryPath.of(file) + name, trusted: owner)
        }
    }

    /// Reads the secret without its final newline; errors name the configuration `key`.
    func readLine(of key: String, beside file: String, trusted owner: UInt32?) throws -> Secret {
        let secret: Secret
        do {
            secret = try read(beside: file, trusted: owner)
        } catch {
            throw CommandFailure.unreadable(key, "secret", error)
        }
        return secret.withBytes { bytes in
            bytes.last == UInt8(ascii: "\n") ? Secret(bytes.dropLast()) : secret
        }
    }
}
