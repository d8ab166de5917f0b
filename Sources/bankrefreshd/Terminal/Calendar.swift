import Host
import RefreshCore

/// The present moment, for what the user of a command gives relative to it.
enum Calendar {
    static var now: Timestamp { WallClock().now }
}
