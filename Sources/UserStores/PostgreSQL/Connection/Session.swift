import CLibpq
import Glibc

/// One session with the server through libpq, used by one thread at a time.
///
/// Every wait ends at `deadline`. Then the connection is closed and nothing is cancelled: cancelling a COMMIT that
/// waits for a standby would report success for a change that may be lost.
final class Session {
    private var raw: OpaquePointer?
    private let notices = Notices()
    var deadline: ContinuousClock.Instant

    init(
        _ settings: ConnectionSettings, host: ConnectionSettings.Host, until deadline: ContinuousClock.Instant
    ) throws(PostgreSQLError) {
        self.deadline = deadline
        raw = settings.withParameters(for: host) { names, values in PQconnectStartParams(names, values, 1) }
        do throws(PostgreSQLError) {
            try connect()
        } catch {
            close()
            throw error
        }
    }

    deinit {
        PQfinish(raw)
    }

    func close() {
        PQfinish(raw)
        raw = nil
    }

    private func connect() throws(PostgreSQLError) {
        guard PQstatus(raw) != CONNECTION_BAD else { throw noConnection() }
        // Only verbose errors put the SQLSTATE into the message of a refused connection.
        _ = PQsetErrorVerbosity(raw, PQERRORS_VERBOSE)
        _ = PQsetNoticeReceiver(
            raw, { Notices.receive($0, $1) }, Unmanaged.passUnretained(notices).toOpaque())
        var wanted = PGRES_POLLING_WRITING
        while wanted != PGRES_POLLING_OK {
            guard wanted != PGRES_POLLING_FAILED else { throw noConnection() }
            try wait(for: wanted == PGRES_POLLING_READING ? POLLIN : POLLOUT)
            wanted = PQconnectPoll(raw)
        }
        guard PQsetnonblocking(raw, 1) == 0 else { throw noConnection() }
    }

    // MARK: State

    /// Whether the session is connected and in no transaction.
    var isIdle: Bool { raw != nil && PQstatus(raw) == CONNECTION_OK && PQtransactionStatus(raw) == PQTRANS_IDLE }

    /// Whether the session is idle and, as far as a check without waiting can tell, not closed by the server.
    var isUsable: Bool {
        guard isIdle else { return false }
        var entry = pollfd(fd: PQsocket(raw), events: Int16(POLLIN), revents: 0)
        // A server that shuts down sends the reason first, followed by the end of the stream.
        while poll(&entry, 1, 0) > 0 {
            guard PQconsumeInput(raw) == 1 else { return false }
        }
        return true
    }

    /// The server's version: 150_020 for 15.20.
    var serverVersion: Int32 { PQserverVersion(raw) }

    var processID: Int32 { PQbackendPID(raw) }

    /// A parameter that the server reports on its own, such as `in_hot_standby`.
    func reported(_ name: String) -> String? {
        PQparameterStatus(raw, name).map { String(cString: $0) }
    }

    /// The server of this session: host, port and database, and the address if the host is given by name.
    ///
    /// Of several hosts, and of several addresses for one name, it is the one that accepts writes.
    var server: String {
        func text(_ value: UnsafePointer<CChar>?) -> String { value.map { String(cString: $0) } ?? "" }
        let (name, address) = (text(PQhost(raw)), text(PQhostaddr(raw)))
        let host = ConnectionSettings.Host(name: name, port: Int(text(PQport(raw))) ?? 5_432)
        return "\(host.description)/\(text(PQdb(raw)))" + (address.isEmpty || address == name ? "" : " (\(address))")
    }

    /// The descriptor on which to wait for input; valid while the session is open.
    var socket: Int32 { PQsocket(raw) }

    /// Reads available input without waiting; returns false if the connection is lost.
    func takeInput() -> Bool { raw != nil && PQconsumeInput(raw) == 1 }

    /// Takes the notifications that arrived; returns whether there were any.
    func takeNotifications() -> Bool {
        guard raw != nil else { return false }
        var isTold = false
        while let notification = PQnotifies(raw) {
            PQfreemem(notification)
            isTold = true
        }
        return isTold
    }

    /// Ends a failed transaction; a failed pipeline leaves it open, because its COMMIT was skipped with the rest.
    func rollBack() {
        guard raw != nil, PQstatus(raw) == CONNECTION_OK, PQtransactionStatus(raw) != PQTRANS_IDLE else { return }
        _ = try? run([Statement("ROLLBACK")])
    }

    // MARK: Exchanges

    /// Sends all statements in one round trip, and returns the result of each.
    ///
    /// After the first failure the remaining statements are skipped, and its error is thrown.
    func run(_ statements: [Statement]) throws(PostgreSQLError) -> [Rows] {
        guard PQenterPipelineMode(raw) == 1 else { throw lost() }
        for statement in statements { try send(statement) }
        guard PQpipelineSync(raw) == 1 else { throw lost() }
        var rows: [Rows] = []
        var failure: PostgreSQLError?
        while true {
            guard let result = try next() else { continue }
            switch PQresultStatus(result) {
            case PGRES_PIPELINE_SYNC:
                PQclear(result)
                guard PQexitPipelineMode(raw) == 1 else { throw lost() }
                if let failure { throw failure }
                try notices.check()
                return rows
            case PGRES_COMMAND_OK, PGRES_TUPLES_OK: rows.append(Rows(result))
            case PGRES_PIPELINE_ABORTED: PQclear(result)
            default:
                failure = failure ?? refusal(result)
                PQclear(result)
            }
        }
    }

    /// Runs a COPY … FROM STDIN (FORMAT binary) with a row for each item, added by `add`.
    ///
    /// Returns how many rows the server stored.
    func copy<Items: Sequence>(
        _ sql: String, _ items: Items, _ add: (Items.Element, inout CopyRows) -> Void
    ) throws(PostgreSQLError) -> Int {
        guard PQsendQuery(raw, sql) == 1 else { throw lost() }
        guard let begun = try next() else { throw lost() }
        defer { PQclear(begun) }
        guard PQresultStatus(begun) == PGRES_COPY_IN else {
            let failure = refusal(begun)
            while let rest = try next() { PQclear(rest) }
            throw failure
        }
        var rows = CopyRows()
        for item in items {
            add(item, &rows)
            if rows.isFull {
                try put(rows.bytes)
                rows.sent()
            }
        }
        rows.end()
        try put(rows.bytes)
        try putting { PQputCopyEnd(raw, nil) }
        var taken = 0
        var failure: PostgreSQLError?
        while let result = try next() {
            if PQresultStatus(result) == PGRES_COMMAND_OK {
                taken = Rows(result).affected
            } else {
                failure = failure ?? refusal(result)
                PQclear(result)
            }
        }
        if let failure { throw failure }
        try notices.check()
        return taken
    }

    // MARK: Parts

    private func send(_ statement: Statement) throws(PostgreSQLError) {
        let bodies = statement.parameters.map(\.bytes)
        // Never empty: the address of an empty buffer is nil, which would mean NULL.
        let all = bodies.reduce(into: []) { $0 += $1 ?? [] } + [0]
        let sent = all.withUnsafeBytes { buffer in
            let start = buffer.bindMemory(to: CChar.self).baseAddress
            var offset = 0
            let pointers = bodies.map { bytes -> UnsafePointer<CChar>? in
                guard let bytes else { return nil }
                defer { offset += bytes.count }
                return start.map { $0 + offset }
            }
            let lengths = bodies.map { Int32($0?.count ?? 0) }
            let formats = [Int32](repeating: 1, count: bodies.count)
            return PQsendQueryParams(raw, statement.sql, Int32(bodies.count), nil, pointers, lengths, formats, 1)
        }
        guard sent == 1 else { throw lost() }
    }

    /// Returns once the data is sent: otherwise libpq would buffer what the server is not ready for, and move it about.
    private func put(_ bytes: [UInt8]) throws(PostgreSQLError) {
        try putting {
            bytes.withUnsafeBytes { PQputCopyData(raw, $0.bindMemory(to: CChar.self).baseAddress, Int32($0.count)) }
        }
        while true {
            let unsent = PQflush(raw)
            guard unsent >= 0 else { throw lost() }
            if unsent == 0 { return }
            try wait(for: POLLIN | POLLOUT)
            guard PQconsumeInput(raw) == 1 else { throw lost() }
        }
    }

    private func putting(_ put: () -> Int32) throws(PostgreSQLError) {
        while true {
            let sent = put()
            if sent == 1 { return }
            guard sent == 0 else { throw lost() }
            try wait(for: POLLOUT)
        }
    }

    /// The next result; nil at the end of a statement's results.
    private func next() throws(PostgreSQLError) -> OpaquePointer? {
        while true {
            let unsent = PQflush(raw)
            guard unsent >= 0 else { throw lost() }
            if unsent == 0, PQisBusy(raw) == 0 { break }
            try wait(for: unsent > 0 ? POLLIN | POLLOUT : POLLIN)
            guard PQconsumeInput(raw) == 1 else { throw lost() }
        }
        let result = PQgetResult(raw)
        if result == nil, PQstatus(raw) == CONNECTION_BAD { throw lost() }
        return result
    }

    private func wait(for events: Int32) throws(PostgreSQLError) {
        while true {
            let left = deadline - .now
            guard left > .zero else {
                close()
                throw .deadlinePassed
            }
            var entry = pollfd(fd: PQsocket(raw), events: Int16(events), revents: 0)
            if poll(&entry, 1, Int32(min(left / .milliseconds(1) + 1, 1_000))) > 0 { return }
        }
    }

    private func refusal(_ result: OpaquePointer) -> PostgreSQLError {
        // PG_DIAG_SQLSTATE and PG_DIAG_MESSAGE_PRIMARY; errors that come from libpq itself have no fields.
        guard let state = result.errorField("C") else { return .lost(detail: message) }
        return .refused(SQLState(state), message: result.errorField("M") ?? "")
    }

    private func lost() -> PostgreSQLError {
        let problem = PostgreSQLError.lost(detail: message)
        close()
        return problem
    }

    /// Why the connection failed: a server refuses with `FATAL:  28P01: password authentication …`, in its language.
    ///
    /// libpq provides no result, and so no fields, for a failed connection. But it assembles the message itself, so the
    /// code stands between two separators that are not translated.
    private func noConnection() -> PostgreSQLError {
        let text = message
        var rest = text[...]
        while let severity = rest.firstRange(of: ":  ") {
            rest = rest[severity.upperBound...]
            let code = rest.prefix(5)
            guard code.utf8.count == 5, code.utf8.allSatisfy(SQLState.isPart), rest.dropFirst(5).hasPrefix(": ") else {
                continue
            }
            return .refused(SQLState(String(code)), message: String(rest.dropFirst(7)))
        }
        return .unreachable(detail: text)
    }

    /// The first line of libpq's message: DETAIL, which may quote a row, is on another line.
    private var message: String {
        let text = PQerrorMessage(raw).map { String(cString: $0) } ?? "out of memory"
        return text.split(whereSeparator: \.isNewline).first.map(String.init) ?? "no reason given"
    }
}

/// Records the one notice of the server that matters: a COMMIT's wait for its standby was cancelled.
private final class Notices {
    private var isNotReplicated = false

    static func receive(_ target: UnsafeMutableRawPointer?, _ result: OpaquePointer?) {
        guard let target, let result else { return }
        // 01000 is the SQLSTATE of every warning that has none of its own, such as those about collations and about
        // transaction ids that run out, and the text is in the server's language. So the place in the server's source
        // decides (PG_DIAG_SOURCE_FILE); without one, the safe side does.
        guard result.errorField("C") == "01000", result.errorField("F").map({ $0.hasSuffix("syncrep.c") }) ?? true
        else { return }
        Unmanaged<Notices>.fromOpaque(target).takeUnretainedValue().isNotReplicated = true
    }

    func check() throws(PostgreSQLError) {
        defer { isNotReplicated = false }
        if isNotReplicated { throw .notReplicated }
    }
}

extension OpaquePointer {
    /// A field of the error or notice in a result, by its PG_DIAG code.
    fileprivate func errorField(_ code: Character) -> String? {
        PQresultErrorField(self, Int32(code.asciiValue ?? 0)).map { String(cString: $0) }
    }
}
