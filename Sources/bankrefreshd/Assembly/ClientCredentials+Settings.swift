import Host
import RefreshConfiguration
import RefreshCore
import TightAPI

extension ClientCredentials {
    /// What the configuration `file` names; nil when it names none, and nothing is renewed.
    init?(_ configuration: Configuration, file: String) throws {
        guard let id = configuration.api.clientID, let reference = configuration.api.clientSecret else { return nil }
        let secret: Secret
        do {
            secret = try reference.read(beside: file, trusted: configuration.store.owner)
        } catch let problem as CredentialProblem {
            throw CommandFailure(.configuration, "api.clientSecret: \(problem)")
        } catch let problem as SecretFileProblem {
            if case .notAllowed(let path) = problem {
                throw CommandFailure(
                    .notAllowed, "api.clientSecret: this user may not read \(path)",
                    remedy: "run the command as root or as the secret's owner; if this is the service: "
                        + "chown bankrefreshd: \(path), or name it in LoadCredential=")
            }
            throw CommandFailure(.configuration, "api.clientSecret: \(problem)")
        }
        let line = secret.withBytes { bytes in bytes.last == UInt8(ascii: "\n") ? Array(bytes.dropLast()) : Array(bytes)
        }
        guard !line.isEmpty, line.allSatisfy({ $0 > 0x20 && $0 != 0x7F }) else {
            throw CommandFailure(
                .configuration, "api.clientSecret: the secret is empty, or holds a space or a line break",
                remedy: "write the secret alone into it, as one line")
        }
        self.init(id: id, secret: Secret(line))
    }
}
