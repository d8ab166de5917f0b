import Foundation

/// One entry as `journalctl -o json` prints it.
struct JournalRecord: Sendable {
    private let fields: [String: String]

    init?(line: some StringProtocol) {
        guard let object = try? JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any] else {
            return nil
        }
        fields = object.compactMapValues { $0 as? String }
    }

    /// Nil where the entry has no such field, or none that is text.
    subscript(field: String) -> String? { fields[field] }

    var message: String { fields["MESSAGE"] ?? "" }
    var messageID: String { fields["MESSAGE_ID"] ?? "" }
    var user: String { fields["REFRESH_USER_ID"] ?? "" }
    var outcome: String? { fields["REFRESH_OUTCOME"] }
    /// Microseconds since 1970, when journald took it.
    var receivedAt: Int64 { fields["__REALTIME_TIMESTAMP"].flatMap { Int64($0) } ?? 0 }
}
