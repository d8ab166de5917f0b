import RefreshCore

/// Reads a user's standing in another store from the fields of an export.
struct StandingReader {
    /// Used as the start of parking if the row does not say when it was.
    let now: Timestamp

    /// Nil for a row without any such field.
    func standing(_ bytes: Span<UInt8>, _ fields: FieldRanges) throws(RowProblem) -> UserStanding? {
        guard Column.ofStandings.contains(where: { fields[$0] != nil }) else { return nil }
        let state = try state(bytes, fields)
        return UserStanding(
            place: try number(.place, bytes, fields).flatMap(Place.init(rawValue:)), state: state,
            record: try record(bytes, fields, state), tokenIssuedAt: try moment(.issuedAt, bytes, fields))
    }

    private func state(_ bytes: Span<UInt8>, _ fields: FieldRanges) throws(RowProblem) -> UserState? {
        let kind: UserState.Kind? = try word(.state, bytes, fields)
        let due = try moment(.nextDue, bytes, fields)
        let reason: ParkReason? = try word(.parkReason, bytes, fields)
        let since = try moment(.parkedSince, bytes, fields)
        let until = try moment(.pausedUntil, bytes, fields)
        switch kind {
        case nil: return nil
        case .scheduled: return due.map(UserState.scheduled)
        case .backingOff:
            guard let due else { throw .missing(.nextDue, beside: .state) }
            return .backingOff(due: due)
        case .parked:
            guard let reason else { throw .missing(.parkReason, beside: .state) }
            return .parked(reason, since: since ?? now)
        case .paused: return .paused(until.map { PauseEnd(until: $0, due: due ?? $0) })
        }
    }

    private func record(
        _ bytes: Span<UInt8>, _ fields: FieldRanges, _ state: UserState?
    ) throws(RowProblem) -> User.Record {
        var record = User.Record(slot: try moment(.slot, bytes, fields) ?? state?.due ?? now)
        record.reachedAt = try moment(.reachedAt, bytes, fields)
        record.day = try day(bytes, fields)
        record.attemptsToday = try count(.attemptsToday, bytes, fields)
        record.lastSuccess = try moment(.lastSuccess, bytes, fields)
        record.failures = try count(.failures, bytes, fields)
        record.failingSince = try moment(.failingSince, bytes, fields)
        record.outageTries = try count(.outageTries, bytes, fields)
        record.outageWaits = try count(.outageWaits, bytes, fields)
        record.refusal = try refusal(bytes, fields)
        record.lastAttempt = try lastAttempt(bytes, fields)
        return record
    }

    private func refusal(_ bytes: Span<UInt8>, _ fields: FieldRanges) throws(RowProblem) -> Refusal? {
        let status = try number(.refusedStatus, bytes, fields)
        let turns = try count(.refusedTurns, bytes, fields)
        let turnEnds = try moment(.refusedUntil, bytes, fields)
        guard let status else { return nil }
        guard let turnEnds else { throw .missing(.refusedUntil, beside: .refusedStatus) }
        return Refusal(status: Int(status), turns: max(1, turns), turnEnds: turnEnds)
    }

    private func lastAttempt(
        _ bytes: Span<UInt8>, _ fields: FieldRanges
    ) throws(RowProblem) -> User.LastAttempt? {
        let at = try moment(.lastAttemptAt, bytes, fields)
        let outcome: OutcomeKind? = try word(.lastOutcome, bytes, fields)
        let status = try number(.lastHTTPStatus, bytes, fields)
        let reason = try text(.lastReason, bytes, fields)
        guard let at else { return nil }
        guard let outcome else { throw .missing(.lastOutcome, beside: .lastAttemptAt) }
        return User.LastAttempt(
            at: at, outcome: outcome, httpStatus: status.map(Int.init(_:)),
            reason: reason?.sanitized(limit: AttemptRecord.reasonLimit))
    }

    /// The day to which calls are charged; by default, the day of the latest call.
    private func day(_ bytes: Span<UInt8>, _ fields: FieldRanges) throws(RowProblem) -> Int64 {
        guard let text = try text(.day, bytes, fields) else {
            return try moment(.reachedAt, bytes, fields)?.day ?? 0
        }
        guard let midnight = Timestamp(rfc3339: text + "T00:00:00Z") else { throw .noWord(.day) }
        return midnight.day
    }

    // MARK: Fields

    /// Nil if the field is missing or empty.
    private func text(
        _ column: Column, _ bytes: Span<UInt8>, _ fields: FieldRanges
    ) throws(RowProblem) -> String? {
        guard let range = fields[column], !range.isEmpty else { return nil }
        return try column.text(bytes.extracting(range))
    }

    private func moment(
        _ column: Column, _ bytes: Span<UInt8>, _ fields: FieldRanges
    ) throws(RowProblem) -> Timestamp? {
        guard let text = try text(column, bytes, fields) else { return nil }
        return try column.moment(text)
    }

    private func word<Word: RawRepresentable<String>>(
        _ column: Column, _ bytes: Span<UInt8>, _ fields: FieldRanges
    ) throws(RowProblem) -> Word? {
        guard let text = try text(column, bytes, fields) else { return nil }
        guard let word = Word(rawValue: text) else { throw .noWord(column) }
        return word
    }

    private func number(
        _ column: Column, _ bytes: Span<UInt8>, _ fields: FieldRanges
    ) throws(RowProblem) -> Int64? {
        guard let text = try text(column, bytes, fields) else { return nil }
        let most = column == .place ? Int64.max : Int64(Int32.max)
        guard let number = Int64(text), (0...most).contains(number) else { throw .noNumber(column) }
        return number
    }

    private func count(_ column: Column, _ bytes: Span<UInt8>, _ fields: FieldRanges) throws(RowProblem) -> Int {
        Int(try number(column, bytes, fields) ?? 0)
    }
}

extension Column {
    func text(_ bytes: Span<UInt8>) throws(RowProblem) -> String {
        do { return String(copying: try UTF8Span(validating: bytes)) } catch { throw .notUTF8(self) }
    }

    /// The upper bound exceeds any token's lifetime, and is below any current moment in milliseconds.
    private static let seconds: ClosedRange<Int64> = -62_167_219_200...253_402_300_799

    /// Reads RFC 3339, or whole seconds since 1970, in the years 0 to 9999.
    func moment(_ text: String) throws(RowProblem) -> Timestamp {
        let number = text.utf8.first == UInt8(ascii: "+") ? nil : Int64(text)
        let moment = number.map(Timestamp.init(secondsSinceEpoch:)) ?? Timestamp(rfc3339: text)
        guard let moment,
            Self.seconds.contains(number ?? moment.microsecondsSinceEpoch.floorDivided(by: 1_000_000))
        else { throw .noMoment(self) }
        return moment
    }
}
