/// The name of a journal field: `A-Z`, `0-9` and `_`, beginning with a letter, at most 64 characters.
///
/// journald drops a field with any other name without a word. Source: systemd.journal-fields(7).
package struct JournalFieldName: Hashable, Sendable {
    /// `NAME=`, as fields begin.
    let prefix: String

    package var text: String { String(prefix.dropLast()) }

    package init?(_ text: String) {
        guard Self.isLegal(text) else { return nil }
        prefix = "\(text)="
    }

    private init(known text: StaticString) {
        prefix = "\(text)="
    }

    private static func isLegal(_ text: String) -> Bool {
        guard let first = text.utf8.first, text.utf8.count <= 64,
            (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(first)
        else { return false }
        return text.utf8.allSatisfy {
            (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains($0)
                || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0)
                || $0 == UInt8(ascii: "_")
        }
    }

    package static let message = Self(known: "MESSAGE")
    package static let priority = Self(known: "PRIORITY")
    package static let identifier = Self(known: "SYSLOG_IDENTIFIER")
    package static let messageID = Self(known: "MESSAGE_ID")

    /// The user's id.
    package static let userID = Self(known: "REFRESH_USER_ID")
    /// The outcome of an attempt, one of `OutcomeKind`; on entries of attempts alone, so that they can be counted.
    package static let outcome = Self(known: "REFRESH_OUTCOME")
    /// The attempt's place in the run since the last success, from 1.
    package static let attempt = Self(known: "REFRESH_ATTEMPT")
    package static let httpStatus = Self(known: "REFRESH_HTTP_STATUS")
    /// What went wrong, in words.
    package static let error = Self(known: "REFRESH_ERROR")
    /// How long the call took, in microseconds.
    package static let duration = Self(known: "REFRESH_DURATION_USEC")
    /// When the next call may start: RFC 3339, UTC.
    package static let nextDue = Self(known: "REFRESH_NEXT_DUE")
    /// The user's state, one of `UserState.Kind`.
    package static let state = Self(known: "REFRESH_STATE")
    /// What the attempt was made for: `schedule` or `manual`.
    package static let trigger = Self(known: "REFRESH_TRIGGER")

    /// What a reload changed, and what of the file waits for a restart: a line each.
    package static let changes = Self(known: "REFRESH_CHANGES")
    package static let needsRestart = Self(known: "REFRESH_NEEDS_RESTART")
    /// What the operator is alerted to, one of `AlertKind`; on an alert's begin and its end.
    package static let alert = Self(known: "REFRESH_ALERT")
    /// What was measured last, and from where on that is an alert: a share from 0 to 1, users, or seconds.
    package static let alertValue = Self(known: "REFRESH_ALERT_VALUE")
    package static let alertThreshold = Self(known: "REFRESH_ALERT_THRESHOLD")
    /// How many users it is about.
    package static let alertUsers = Self(known: "REFRESH_ALERT_USERS")
    /// How long it lasted, in microseconds.
    package static let alertLasted = Self(known: "REFRESH_ALERT_LASTED_USEC")

    /// Every field the daemon writes.
    package static let known: [JournalFieldName] = [
        message, priority, identifier, messageID,
        userID, outcome, attempt, httpStatus, error, duration, nextDue, state, trigger,
        changes, needsRestart, alert, alertValue, alertThreshold, alertUsers, alertLasted,
    ]
}
