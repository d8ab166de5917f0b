import FoundationEssentials
import Host
import RefreshCore

/// The latest warnings of the daemon, of commands, and of systemd about the unit.
struct JournalExcerpt {
    static let longest = 200

    typealias Record = [String: JSONTree]

    /// Sorted by time, the oldest first.
    private(set) var records: [Record]

    /// Throws the reason if nothing could be read.
    static func read() throws -> JournalExcerpt {
        guard
            let answer = try? ChildProgram.run(
                "journalctl",
                [
                    "--quiet", "--no-pager", "--all", "--output=json", "--priority=warning", "--lines=\(longest)",
                    "SYSLOG_IDENTIFIER=\(JournalEntry.identifier)", "+", "UNIT=bankrefreshd.service",
                ])
        else { throw CommandFailure(.software, "there is no journalctl") }
        guard answer.status == 0 else {
            let said = String(decoding: answer.errors, as: UTF8.self).sanitized(limit: 300)
            throw CommandFailure(.software, "journalctl failed: \(said)")
        }
        return JournalExcerpt(lines: answer.output)
    }

    /// Lines as `journalctl -o json` prints them.
    init(lines: [UInt8]) {
        let decoder = JSONDecoder()
        records = lines.split(separator: UInt8(ascii: "\n")).compactMap { line in
            let record = try? decoder.decode(Record.self, from: Data(line))
            return record?.filter { Self.isKept($0.key) }
        }
    }

    /// Whether a field holds what the daemon or systemd said; fields about the machine and its processes are dropped.
    private static func isKept(_ field: String) -> Bool {
        ["__REALTIME_TIMESTAMP", "MESSAGE", "MESSAGE_ID", "PRIORITY", "SYSLOG_IDENTIFIER", "UNIT", "UNIT_RESULT"]
            .contains(field) || field.hasPrefix("REFRESH_")
    }

    /// The ids of the users that the entries are about.
    var userIDs: [String] {
        records.flatMap { $0[JournalFieldName.userID.text]?.texts ?? [] }
    }

    /// Removes what Tight said about single users, and the lists of users at the end of messages.
    mutating func dropTextsOfOthers() {
        for index in records.indices {
            var record = records[index]
            defer { records[index] = record }
            guard case .text(var message)? = record["MESSAGE"] else { continue }
            if record[JournalFieldName.userID.text] == nil {
                // By bytes, here and below: the rest may begin with a mark that combines with the character before it.
                if let list = message.utf8.firstRange(of: ", first: ".utf8) {
                    message = message[..<list.upperBound] + Self.leftOut
                }
            } else if record["MESSAGE_ID"] != .text(MessageID.userParked.rawValue),
                case .text(let said)? = record.removeValue(forKey: JournalFieldName.error.text), !said.isEmpty
            {
                let bytes = Array(message.utf8).replacing(Array(said.utf8), with: Array(Self.leftOut.utf8))
                message = String(decoding: bytes, as: UTF8.self)
            }
            record["MESSAGE"] = .text(message)
        }
    }

    private static let leftOut = "<left out>"

    mutating func mapTexts(_ change: (String) -> String) {
        for index in records.indices { records[index] = records[index].mapValues { $0.mappingTexts(change) } }
    }

    func text() throws -> String {
        try records.map { try JSONText.line(of: $0) }.joined()
    }
}
