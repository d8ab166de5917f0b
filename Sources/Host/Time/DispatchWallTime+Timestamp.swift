import Dispatch
import RefreshCore

extension DispatchWallTime {
    /// The moment itself; what lies beyond the year 2255 is never, as Dispatch counts nanoseconds in 63 bits.
    init(_ timestamp: Timestamp) {
        let isWithinReach = timestamp.microsecondsSinceEpoch < 9_000_000_000_000_000
        self = isWithinReach ? DispatchWallTime(timespec: timestamp.timespec) : .distantFuture
    }
}
