/// One setting that differs between two configurations.
package struct ConfigurationChange: Equatable, Sendable, CustomStringConvertible {
    package let path: String
    package let old: String
    package let new: String
    /// Whether a running daemon keeps the old value until it is restarted.
    package let needsRestart: Bool

    /// `schedule.every: 24h → 12h`.
    package var description: String { "\(path): \(old) → \(new)" }
}
