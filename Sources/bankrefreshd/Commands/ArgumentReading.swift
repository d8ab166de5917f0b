import Glibc
import RefreshCore

/// Reads values from the command line, or says what is wrong with them.
enum ArgumentReading {
    static func userID(_ text: String) throws -> UserID {
        do { return try UserID(text) } catch {
            throw CommandFailure(.badData, "\"\(text.sanitized(limit: 60))\": \(error)")
        }
    }

    static func groupName(_ text: String?) throws -> GroupName? {
        guard let text else { return nil }
        guard let group = GroupName(text) else {
            throw CommandFailure(
                .badData, "\"\(text.sanitized(limit: 60))\" is not a group name",
                remedy: "1 to 64 letters, digits, dots, underscores and hyphens")
        }
        return group
    }

    static func timestamp(_ text: String, option: String, remedy: String? = nil) throws -> Timestamp {
        guard let moment = Timestamp(rfc3339: text) else {
            throw CommandFailure(
                .usage, "\(option): \"\(text.sanitized(limit: 60))\" is not a moment",
                remedy: remedy ?? "write it as 2027-01-31T12:00:00Z")
        }
        return moment
    }

    /// A full moment, or the next time that it is `HH:MM` in the local time zone.
    static func moment(_ text: String, option: String) throws -> Timestamp {
        let parts = text.split(separator: ":", omittingEmptySubsequences: false)
        guard parts.count == 2,
            parts.allSatisfy({ (1...2).contains($0.utf8.count) && $0.utf8.allSatisfy { (0x30...0x39).contains($0) } }),
            let hour = Int32(parts[0]), let minute = Int32(parts[1]), hour < 24, minute < 60
        else {
            return try timestamp(
                text, option: option, remedy: "write it as 06:00, local time, or 2027-01-31T12:00:00Z")
        }
        let now = Calendar.now
        // On a day of clock change, the time may not exist or exist twice; mktime(3) then decides.
        for day: Int32 in 0...1 {
            var second = time_t(now.microsecondsSinceEpoch / 1_000_000)
            var local = tm()
            localtime_r(&second, &local)
            (local.tm_mday, local.tm_hour, local.tm_min, local.tm_sec, local.tm_isdst) =
                (local.tm_mday + day, hour, minute, 0, -1)
            let moment = Timestamp(secondsSinceEpoch: Int64(mktime(&local)))
            if moment > now { return moment }
        }
        return now.advanced(by: .days(1))
    }

    static func duration(_ text: String, option: String) throws -> Duration {
        guard let duration = Duration(text: text), duration > .zero else {
            throw CommandFailure(
                .usage, "\(option): \"\(text.sanitized(limit: 60))\" is not a length of time",
                remedy: "write it as 90m, 4h or 7d")
        }
        return duration
    }
}
