/// The calendar and the time since boot, including suspend, read at one moment.
package struct ClockReading: Equatable, Sendable {
    package let wall: Timestamp
    package let sinceBoot: Duration

    package init(wall: Timestamp, sinceBoot: Duration) {
        self.wall = wall
        self.sinceBoot = sinceBoot
    }
}
