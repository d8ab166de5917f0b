import Dispatch
import RefreshCore

extension DispatchTimeInterval {
    /// Rounds up to the microsecond, so that nothing scheduled with it comes early; a span of centuries is never.
    init(_ duration: Duration) {
        let microseconds = duration.wholeMicroseconds
        self = microseconds < 9_000_000_000_000_000 ? .nanoseconds(Int(max(0, microseconds)) * 1_000) : .never
    }
}
