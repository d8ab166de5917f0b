import FoundationEssentials
package import RefreshCore

extension Timestamp {
    /// The system's clock.
    package static var atPresent: Timestamp {
        Timestamp(microsecondsSinceEpoch: Int64(Date().timeIntervalSince1970 * 1_000_000))
    }
}
