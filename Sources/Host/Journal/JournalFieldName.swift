/// The name of a journal field: `A-Z`, `0-9` and `_`, beginning with a letter, at most 64 characters.
///
/// journald silently drops fields with other names. Source: systemd.journal-fields(7).
package struct JournalFieldName: Hashable, Sendable {
    /// `NAME=`, the start of the field.
    let prefix: String

    package var text: String { String(prefix.dropLast()) }

    package init?(_ text: String) {
        let letters = UInt8(ascii: "A")...UInt8(ascii: "Z")
        let digits = UInt8(ascii: "0")...UInt8(ascii: "9")
        guard let first = text.utf8.first, letters.contains(first), text.utf8.count <= 64,
            text.utf8.allSatisfy({ letters.contains($0) || digits.contains($0) || $0 == UInt8(ascii: "_") })
        else { return nil }
        prefix = "\(text)="
    }

    private init(known text: StaticString) {
        prefix = "\(text)="
    }

    package static let message = Self(known: "MESSAGE")
    package static let priority = Self(known: "PRIORITY")
    package static let identifier = Self(known: "SYSLOG_IDENTIFIER")
    package static let messageID = Self(known: "MESSAGE_ID")

    /// The user's id.
    package static let userID = Self(known: "REFRESH_USER_ID")
    /// The outcome of an attempt, one of `OutcomeKind`; present only on entries of attempts, so they can be counted.
    package static let outcome = Self(known: "REFRESH_OUTCOME")
    /// The attempt's number since the last success, from 1.
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
    /// What triggered the attempt: `schedule` or `manual`.
    package static let trigger = Self(known: "REFRESH_TRIGGER")

    /// What a reload changed, and which changes need a restart: one line each.
    package static let changes = Self(known: "REFRESH_CHANGES")
    package static let needsRestart = Self(known: "REFRESH_NEEDS_RESTART")
    /// What the alert is about, one of `AlertKind`; on the start and the end of an alert.
    package static let alert = Self(known: "REFRESH_ALERT")
    /// The last measured value, and the alert's threshold: a share from 0 to 1, a number of users, or seconds.
    package static let alertValue = Self(known: "REFRESH_ALERT_VALUE")
    package static let alertThreshold = Self(known: "REFRESH_ALERT_THRESHOLD")
    /// How many users the alert is about.
    package static let alertUsers = Self(known: "REFRESH_ALERT_USERS")
    /// How long the alert lasted, in microseconds.
    package static let alertLasted = Self(known: "REFRESH_ALERT_LASTED_USEC")

    /// Every field the daemon writes.
    package static let known: [JournalFieldName] = [
        message, priority, identifier, messageID,
        userID, outcome, attempt, httpStatus, error, duration, nextDue, state, trigger,
        changes, needsRestart, alert, alertValue, alertThreshold, alertUsers, alertLasted,
    ]
}
