import Foundation
import RefreshCore
@testable import RefreshDaemon
@testable import UserImport

extension FuzzTarget {
    /// Files of users: rows do not depend on how the file is cut, what is accepted is as written, and a refusal shows no
    /// token.
    static let imports = FuzzTarget("imports", longest: 8_192) { input throws(Finding) in
        let whole = UserFileRead(input, chunk: .max)
        let cut = UserFileRead(input, chunk: input.count % 7 + 1)
        try require(whole == cut, "a file that is cut gives other rows: \(cut.rows) instead of \(whole.rows)")
        let lines = whole.rows.map(\.line)
        try require(zip(lines, lines.dropFirst()).allSatisfy(<), "rows out of order: \(lines)")
        for row in whole.rows {
            guard case .failure(let problem) = row.result else { continue }
            try require(problem.description.isPlainLine, "a problem of several lines: \(problem)")
            try MadeUp.require(MadeUp.token, isHiddenIn: row, "a refused row")
            try MadeUp.require(MadeUp.token, isHiddenIn: problem, "a problem")
        }
        if let refusal = whole.refusal {
            try MadeUp.require(MadeUp.token, isHiddenIn: refusal, "a refusal")
        }
        let entries = whole.entries
        let accepted = Set(entries.map(\.id))
        try require(accepted.count == entries.count, "a user is accepted twice")
        if let ended = input.ended {
            let others = accepted.subtracting(UserFileRead(ended, chunk: .max).entries.map(\.id))
            try require(others.isEmpty, "what no newline ends is accepted: \(others)")
        }
        try WrittenUsers(entries).check()
    }

    /// Files that name users.
    static let ids = FuzzTarget("ids", longest: 4_096) { input throws(Finding) in
        let whole = userIDs(in: input, chunk: .max)
        let cut = userIDs(in: input, chunk: input.count % 5 + 1)
        try require(whole.ids == cut.ids && whole.refusal == cut.refusal, "a file that is cut names other users")
        let good = whole.ids.compactMap { try? $0.result.get() }
        try require(Set(good).count == good.count, "a user is named twice")
        if let ended = input.ended {
            let others = Set(good).subtracting(userIDs(in: ended, chunk: .max).ids.compactMap { try? $0.result.get() })
            try require(others.isEmpty, "what no newline ends is accepted: \(others)")
        }
        for case .failure(let problem) in whole.ids.map(\.result) {
            try require(problem.description.isPlainLine, "a problem of several lines: \(problem)")
            try MadeUp.require(MadeUp.token, isHiddenIn: problem, "a problem")
        }
        for id in good.prefix(50) {
            let isThere = [Array(id.rawValue.utf8), Array(id.rawValue.quotedForCSV.dropFirst().dropLast())].contains {
                input.firstRange(of: $0) != nil
            }
            try require(isThere, "\(id) stands nowhere in the file")
        }
        // A list of the same ids names the same users.
        let list = Array("user_id\n".utf8) + good.flatMap { $0.rawValue.quotedForCSV + [0x0A] }
        let again = userIDs(in: list, chunk: .max)
        try require(again.ids.compactMap { try? $0.result.get() } == good, "a table of the ids names others")
    }
}

extension [UInt8] {
    /// A file without its last line, where no newline ends that: it may be half of one.
    fileprivate var ended: [UInt8]? {
        last == UInt8(ascii: "\n") ? nil : Array(prefix((lastIndex(of: UInt8(ascii: "\n")) ?? -1) + 1))
    }
}

private func userIDs(in file: [UInt8], chunk: Int) -> (ids: [ParsedUserID], refusal: ImportRefusal?) {
    var parser = UserIDFileParser()
    var ids: [ParsedUserID] = []
    do throws(ImportRefusal) {
        var rest = file[...]
        while !rest.isEmpty {
            ids += try parser.feed(Array(rest.prefix(chunk)))
            rest = rest.dropFirst(chunk)
        }
        return (ids + parser.finish(), nil)
    } catch {
        // What a chunk held before the refusal is lost with it.
        return ([], error)
    }
}

/// What a file of users gave.
private struct UserFileRead: Equatable {
    /// 2026-01-01T00:00:00Z.
    static let now = Timestamp(secondsSinceEpoch: 1_767_225_600)

    var rows: [ParsedRow] = []
    var refusal: ImportRefusal?

    init(_ bytes: [UInt8], form: FileForm? = nil, chunk: Int) {
        var parser = UserFileParser(form: form, now: Self.now)
        do throws(ImportRefusal) {
            var rest = bytes[...]
            while !rest.isEmpty {
                rows += try parser.feed(Array(rest.prefix(chunk)))
                rest = rest.dropFirst(chunk)
            }
            rows += try parser.finish()
            // A refusal waits behind the rows before it.
            rows += try parser.finish()
        } catch {
            refusal = error
        }
    }

    var entries: [UserEntry] { rows.compactMap { try? $0.result.get() } }
}

/// Users that a file gave, written in other forms and read again.
private struct WrittenUsers {
    private let entries: [UserEntry]

    init(_ entries: [UserEntry]) {
        self.entries = entries
    }

    func check() throws(Finding) {
        guard !entries.isEmpty else { return }
        // A list has no columns for how a user stood.
        let plain = entries.filter { $0.standing == nil }
        try compare(csv(plain), as: .csv, with: plain)
        try compare(ndjson, as: .ndjson, with: entries)
        for entry in entries { try checkRequest(entry) }
        let packed = PackedUsers()
        for entry in entries { packed.add(entry, at: Place(of: entry.id, seed: 7)) }
        for (index, entry) in entries.enumerated() {
            let unpacked = try obtain("a packed user is unpacked") { try packed.entry(at: index) }
            try require(unpacked == entry, "a packed user is another: \(unpacked) instead of \(entry)")
        }
    }

    private func compare(_ file: [UInt8], as form: FileForm, with entries: [UserEntry]) throws(Finding) {
        guard !entries.isEmpty else { return }
        let again = UserFileRead(file, form: form, chunk: .max)
        try require(
            again.entries == entries && again.rows.count == entries.count && again.refusal == nil,
            "written as \(form) users are others: \(again) instead of \(entries)")
    }

    /// As the control socket sends it.
    private func checkRequest(_ entry: UserEntry) throws(Finding) {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        let sent = try obtain("an entry can be sent") { try encoder.encode(entry) }
        try require(sent.count <= entry.mostBytes, "\(sent.count) bytes of JSON, \(entry.mostBytes) at most expected")
        let received = try obtain("an entry can be received") { try JSONDecoder().decode(UserEntry.self, from: sent) }
        try require(received == entry, "a user is sent as another: \(received) instead of \(entry)")
    }

    private func csv(_ entries: [UserEntry]) -> [UInt8] {
        var file = Array("user_id,access_token,refresh_token,expires_at,group\n".utf8)
        for entry in entries {
            func text(_ token: AccessToken?) -> String {
                token?.secret.withBytes { String(decoding: $0, as: UTF8.self) } ?? ""
            }
            let fields: [String] = [
                entry.id.rawValue, text(entry.token), text(entry.refreshToken), entry.expiresAt?.preciseText ?? "",
                entry.group?.rawValue ?? "",
            ]
            file += fields.map(\.quotedForCSV).joined(separator: [UInt8(ascii: ",")])
            file.append(UInt8(ascii: "\n"))
        }
        return file
    }

    /// As an export of tokens writes it.
    private var ndjson: [UInt8] {
        var lines = JSONLines()
        for entry in entries {
            lines.addLine { line in
                line.add("user_id", entry.id.rawValue)
                line.add("access_token", clear: entry.token)
                line.add("refresh_token", clear: entry.refreshToken)
                line.add("expires_at", precise: entry.expiresAt)
                line.add("group", entry.group?.rawValue)
                entry.standing?.add(to: &line)
            }
        }
        return lines.bytes
    }
}
