import RefreshCore

/// Reads what is given on the command line, or says what is wrong with it.
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
                .badData, "\"\(text.sanitized(limit: 60))\" is no group name",
                remedy: "1 to 64 letters, digits, dots, underscores and hyphens")
        }
        return group
    }

    static func timestamp(_ text: String, option: String) throws -> Timestamp {
        guard let moment = Timestamp(rfc3339: text) else {
            throw CommandFailure(
                .usage, "\(option): \"\(text.sanitized(limit: 60))\" is no moment",
                remedy: "write it as 2027-01-31T12:00:00Z")
        }
        return moment
    }

    static func duration(_ text: String, option: String) throws -> Duration {
        guard let duration = Duration(text: text), duration > .zero else {
            throw CommandFailure(
                .usage, "\(option): \"\(text.sanitized(limit: 60))\" is no length of time",
                remedy: "write it as 90m, 4h or 7d")
        }
        return duration
    }
}
