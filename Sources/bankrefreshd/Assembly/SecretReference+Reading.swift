import Host
import RefreshConfiguration
import RefreshCore

extension SecretReference {
    /// The secret itself; a credential outside the service comes from the file of its name beside the configuration
    /// `file`, which is where the unit loads it from.
    func read(beside file: String, trusted owner: UInt32?) throws -> Secret {
        switch self {
        case .file(let path): return try SecretFile.read(path, trusted: owner)
        case .credential(let name):
            guard (ProcessEnvironment.value("CREDENTIALS_DIRECTORY") ?? "").isEmpty else {
                return try CredentialDirectory().read(name)
            }
            return try SecretFile.read(DirectoryPath.of(file) + name, trusted: owner)
        }
    }

    /// The secret without the end of its line; what is wrong names the key of the configuration that leads here.
    func readLine(of key: String, beside file: String, trusted owner: UInt32?) throws -> Secret {
        let secret: Secret
        do {
            secret = try read(beside: file, trusted: owner)
        } catch let problem as CredentialProblem {
            throw CommandFailure(.configuration, "\(key): \(problem)")
        } catch let problem as SecretFileProblem {
            if case .notAllowed(let path) = problem {
                throw CommandFailure(
                    .notAllowed, "\(key): this user may not read \(path)",
                    remedy: "run the command as root or as the secret's owner; if this is the service: "
                        + "chown bankrefreshd: \(path), or name it in LoadCredential=")
            }
            throw CommandFailure(.configuration, "\(key): \(problem)")
        }
        return secret.withBytes { bytes in
            bytes.last == UInt8(ascii: "\n") ? Secret(bytes.dropLast()) : secret
        }
    }
}
