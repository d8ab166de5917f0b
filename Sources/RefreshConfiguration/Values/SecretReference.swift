/// Where a secret is found; the secret itself is never in the configuration.
package enum SecretReference: Hashable, Sendable {
    /// The name of a file in systemd's credentials directory.
    case credential(String)
    /// An absolute path.
    case file(String)
}
