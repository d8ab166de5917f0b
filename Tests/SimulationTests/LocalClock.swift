import Foundation
import RefreshConfiguration
import RefreshCore

/// The clock on the wall of a place, as Foundation knows it: the judge of what the daemon's own zone rules led to.
struct LocalClock {
    private let zone: TimeZone

    init?(_ name: String) {
        guard let zone = TimeZone(identifier: name) else { return nil }
        self.zone = zone
    }

    /// Minutes since midnight on 1970-01-01, as the clock shows them.
    func minutes(at moment: Timestamp) -> Int64 {
        let seconds = moment.microsecondsSinceEpoch / 1_000_000
        let offset = zone.secondsFromGMT(for: Date(timeIntervalSince1970: TimeInterval(seconds)))
        return (seconds + Int64(offset)) / 60
    }

    func minuteOfDay(at moment: Timestamp) -> Int64 { minutes(at: moment) % 1_440 }
    func day(at moment: Timestamp) -> Int64 { minutes(at: moment) / 1_440 }
}

extension DailyWindow {
    init?(_ from: String, _ to: String, _ zone: String) throws {
        guard let from = TimeOfDay(from), let to = TimeOfDay(to) else { return nil }
        self.init(from: from, to: to, zone: try ZoneDatabase().rules(of: zone))
    }

    /// Whether the clock shows an hour of the window.
    func shows(_ moment: Timestamp, on clock: LocalClock) -> Bool {
        let minute = clock.minuteOfDay(at: moment)
        return from.minutes < to.minutes
            ? (from.minutes..<to.minutes).contains(minute) : minute >= from.minutes || minute < to.minutes
    }
}
