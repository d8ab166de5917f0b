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
        /// There is no source; holds the reason and a suggestion.
        case nowhere(reason: String, suggestion: String)
    }

    /// Checks the keys; nil if they are not available.
    mutating func checkKey(_ store: StoreSettings) -> KeyRing? {
        let path = "store.key"
        var store = store
        if case .credential(let name) = store.key {
            switch origin(of: name) {
            case .file(let file): store.key = .file(file)
            case .unseen(let why):
                notes.append(
                    "\(path): \(why). For a new store: bankrefreshd key generate \(DirectoryPath.of(file))\(name)")
                return nil
            case .nowhere(let reason, let suggestion):
                add(reason, suggestion, at: path)
                return nil
            case nil: break
            }
        } else if let obstacle = obstacle(reading: store.key) {
            add(obstacle, at: path)
            return nil
        }
        do {
            return try KeySource(file: file, store: store).keys()
        } catch {
            let failure = CommandFailure(describing: error)
            if failure.exit == .notAllowed {
                noteUnchecked(path, "the key")
            } else {
                add(failure.message.replacing("\(path): ", with: "", maxReplacements: 1), failure.remedy, at: path)
            }
            return nil
        }
    }

    /// Checks a secret with `read`, which reads it as the daemon does.
    mutating func checkSecret(
        _ reference: SecretReference?, path: String, _ store: StoreSettings, read: () throws -> Void
    ) {
        if case .credential(let name)? = reference {
            switch origin(of: name) {
            // Outside the service, the secret is read from this file.
            case .file(DirectoryPath.of(file) + name), nil: break
            case .file: return
            case .unseen(let why):
                notes.append("\(path): \(why)")
                return
            case .nowhere(let reason, let suggestion): return add(reason, suggestion, at: path)
            }
        } else if let reference, let obstacle = obstacle(reading: reference) {
            return add(obstacle, at: path)
        }
        do {
            try read()
        } catch {
            let failure = CommandFailure(describing: error)
            if failure.exit == .notAllowed { return noteUnchecked(path, "the secret") }
            add(failure.message.replacing("\(path): ", with: "", maxReplacements: 1), failure.remedy, at: path)
        }
    }

    /// Checks the page's certificate, its key and its users.
    mutating func checkWebAccess(_ configuration: Configuration) {
        let (path, store, configurationFile) = ("web.tls.certificate", configuration.store, file)
        var certificate: WebCertificate?
        if let file = configuration.web.certificate {
            if service == nil, access(file, R_OK) != 0, errno == EACCES {
                noteUnchecked(path, file)
            } else if access(file, F_OK) == 0, let obstacle = service?.obstacle(reading: file) {
                add(obstacle, at: path)
            } else {
                checkSecret(nil, path: path, store) { certificate = try WebCertificate(configuration) }
            }
        }
        if let note = certificate?.note(at: WallClock().now) { notes.append(note) }
        checkSecret(configuration.web.key, path: "web.tls.key", store) {
            guard let key = try WebKey(configuration, file: configurationFile), let certificate else { return }
            do throws(WebTLSProblem) {
                _ = try WebTLS(certificate, key)
            } catch {
                throw CommandFailure(.configuration, "\(error)", remedy: error.remedy)
            }
        }
        checkSecret(configuration.web.users, path: "web.users", store) {
            _ = try WebUsers(configuration, file: configurationFile)
        }
    }

    /// Nil if this process reads the credential itself, from `$CREDENTIALS_DIRECTORY` or beside the configuration.
    private func origin(of name: String) -> CredentialOrigin? {
        guard (ProcessEnvironment.value("CREDENTIALS_DIRECTORY") ?? "").isEmpty else { return nil }
        let beside = DirectoryPath.of(file) + name
        // If the unit loads no credentials, the daemon itself reads the file beside the configuration.
        guard let unit, !unit.credentials.isEmpty else {
            guard access(beside, F_OK) != 0 else { return nil }
            // The standard path means the service, whose unit, as installed, loads the credential from this file.
            guard file != ConfigurationOption.standardPath || isDaemonRunning else {
                return .nowhere(
                    reason: "there is no file \(beside), from which the unit loads the credential \(name)",
                    suggestion: suggestion(for: name, beside))
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
            return .nowhere(
                reason: "there is no file \(path), from which the unit loads the credential \(name)",
                suggestion: suggestion(for: name, path))
        }
        return .nowhere(
            reason: "the unit loads no credential \(name)",
            suggestion: "systemctl edit bankrefreshd, with LoadCredential=\(name):\(beside) under [Service]")
    }

    private func suggestion(for name: String, _ path: String) -> String {
        name == "store-key"
            ? "put the key back; for a new store make one: bankrefreshd key generate \(path)"
            : "put the secret there, for root alone (mode 0600)"
    }

    /// What keeps the daemon from reading a secret file itself; root's own reading would not show it.
    private func obstacle(reading reference: SecretReference) -> ServiceView.Obstacle? {
        guard case .file(let secret) = reference, access(secret, F_OK) == 0 else { return nil }
        return service?.obstacle(reading: secret, isSecret: true)
    }
}
