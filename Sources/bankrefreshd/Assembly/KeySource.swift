import Host
import RefreshConfiguration
import RefreshCore
import TokenVault

/// Finds the keys that the configuration points to.
struct KeySource {
    /// The configuration file; outside the service, credentials are looked for beside it.
    let file: String

    func keys(_ reference: SecretReference) throws -> KeyRing {
        do {
            return try KeyRing(file: try secret(reference).withBytes { $0 })
        } catch let problem as KeyFileProblem {
            throw CommandFailure(.configuration, "store.key: \(problem)")
        } catch let problem as CredentialProblem {
            throw CommandFailure(.configuration, "store.key: \(problem)")
        } catch let problem as SecretFileProblem {
            throw CommandFailure(.configuration, "store.key: \(problem)")
        }
    }

    private func secret(_ reference: SecretReference) throws -> Secret {
        switch reference {
        case .file(let path): return try SecretFile.read(path)
        case .credential(let name):
            guard ProcessEnvironment.value("CREDENTIALS_DIRECTORY") == nil else {
                return try CredentialDirectory().read(name)
            }
            // A command run by hand: the file that the unit loads the credential from.
            let directory = file.split(separator: "/", omittingEmptySubsequences: false).dropLast().joined(
                separator: "/")
            return try SecretFile.read((directory.isEmpty ? (file.hasPrefix("/") ? "" : ".") : directory) + "/" + name)
        }
    }
}
