/// How renewals of tokens went since the daemon started.
package struct RenewalCounts: Sendable {
    package var renewed = 0
    package var failed = 0
    package var refused = 0
}
