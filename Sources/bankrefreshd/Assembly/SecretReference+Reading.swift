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
}
