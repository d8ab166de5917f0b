import Glibc
import Host
import Monitoring
import RefreshConfiguration
import RefreshCore
import TokenVault

/// Checks the keys and the other secrets.
extension StartConditions {
    /// Where the service gets a credential from.
    private enum CredentialOrigin {
        /// systemd reads it from this file, regardless of its owner.
        case file(String)
        /// Only systemd can see the source; holds the reason.
        case unseen(String)
        /// There is no source.
        case nowhere(Obstacle)
    }

    /// Checks the keys; nil if they are not available.
    mutating func checkKey(_ store: StoreSettings) -> KeyRing? {
        let path = "store.key"
        var (store, keys) = (store, KeyRing?.none)
        guard let source = source(of: store.key, path: path) else { return nil }
        store.key = source
        check("the key", path: path) { [file] in keys = try KeySource(file: file, store: store).keys() }
        return keys
    }

    /// Checks a secret with `read`, which reads it as the daemon does.
    mutating func checkSecret(_ reference: SecretReference?, path: String, read: () throws -> Void) {
        if let reference {
            guard let source = source(of: reference, path: path) else { return }
            // Outside the service, a credential is read from the file beside the configuration.
            if case .credential(let name) = reference, source != reference,
                source != .file(DirectoryPath.of(file) + name)
            {
                return
            }
        }
        check("the secret", path: path, read: read)
    }

    private mutating func check(_ what: String, path: String, read: () throws -> Void) {
        do {
            try read()
        } catch {
            let failure = CommandFailure(describing: error)
            if failure.exit == .notAllowed { return noteUnchecked(path, what) }
            add(failure.message.replacing("\(path): ", with: "", maxReplacements: 1), failure.remedy, at: path)
        }
    }

    /// From where the daemon gets a secret; nil if it cannot, or if that cannot be seen here, which it reports.
    private mutating func source(of reference: SecretReference, path: String) -> SecretReference? {
        switch reference {
        case .file(let secret):
            // Root's own reading would not show what keeps the daemon from it.
            guard access(secret, F_OK) == 0, let obstacle = service?.obstacle(reading: secret, isSecret: true) else {
                return reference
            }
            add(obstacle, at: path)
        case .credential(let name):
            switch origin(of: name) {
            case nil: return reference
            case .file(let file): return .file(file)
            case .unseen(let why):
                let beside = DirectoryPath.of(file) + name
                notes.append(
                    "\(path): \(why)"
                        + (path == "store.key" ? ". For a new store: bankrefreshd key generate \(beside)" : ""))
            case .nowhere(let obstacle): add(obstacle, at: path)
            }
        }
        return nil
    }

    /// Checks the page's certificate, its key and its users.
    mutating func checkWebAccess(_ configuration: Configuration) {
        let (path, configurationFile) = ("web.tls.certificate", file)
        var certificate: WebCertificate?
        if let file = configuration.web.certificate {
            if isReadable(file, path: path) {
                checkSecret(nil, path: path) { certificate = try WebCertificate(configuration) }
            }
        }
        if let note = certificate?.note(at: WallClock().now) { notes.append(note) }
        checkSecret(configuration.web.key, path: "web.tls.key") {
            _ = try WebTLS(certificate: certificate, key: try WebKey(configuration, file: configurationFile))
        }
        checkSecret(configuration.web.users, path: "web.users") {
            _ = try WebUsers(configuration, file: configurationFile)
        }
    }

    /// Nil if this process reads the credential itself, from `$CREDENTIALS_DIRECTORY` or beside the configuration.
    private func origin(of name: String) -> CredentialOrigin? {
        guard ProcessEnvironment.nonEmpty("CREDENTIALS_DIRECTORY") == nil else { return nil }
        let beside = DirectoryPath.of(file) + name
        // If the unit loads no credentials, the daemon itself reads the file beside the configuration.
        guard let unit, !unit.credentials.isEmpty else {
            guard access(beside, F_OK) != 0 else { return nil }
            // The standard path means the service, whose unit, as installed, loads the credential from this file.
            guard file != ConfigurationOption.standardPath || isDaemonRunning else {
                return .nowhere(missing(beside, name))
            }
            return .unseen(
                "the credential \(name) is not beside \(file); whether the unit loads it from elsewhere cannot be "
                    + "checked here")
        }
        let sources = unit.credentials.sources(of: name)
        for source in sources {
            switch source {
            case .manager: return .unseen("the unit has the credential \(name) from where it cannot be checked")
            case .file(let path, let isSealed):
                if access(path, F_OK) == 0 {
                    return isSealed ? .unseen("the credential \(name) is sealed, in \(path): not checked") : .file(path)
                }
                if errno == EACCES { return .unseen("this user does not see \(path), the credential \(name)") }
            }
        }
        if case .file(let path, _)? = sources.first {
            return .nowhere(missing(path, name))
        }
        return .nowhere(
            Obstacle(
                reason: "the unit loads no credential \(name)",
                remedy: "systemctl edit bankrefreshd, with LoadCredential=\(name):\(beside) under [Service]"))
    }

    private func missing(_ file: String, _ credential: String) -> Obstacle {
        Obstacle(
            reason: "there is no file \(file), from which the unit loads the credential \(credential)",
            remedy: credential == "store-key"
                ? "put the key back; for a new store make one: bankrefreshd key generate \(file)"
                : "put the secret there, for root alone (mode 0600)")
    }
}
