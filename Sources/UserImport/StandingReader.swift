import RefreshCore

/// Reads a user's standing in another store from the fields of an export.
struct StandingReader {
    /// Used as the start of parking if the row does not say when it was.
    let now: Timestamp

    /// Nil for a row without any such field.
    func standing(_ bytes: Span<UInt8>, _ fields: FieldRanges) throws(RowProblem) -> UserStanding? {
        guard Column.ofStandings.contains(where: { fields[$0] != nil }) else { return nil }
        do throws(StandingProblem) {
            let state = try state(bytes, fields)
            return UserStanding(
                place: try number(.place, bytes, fields).flatMap(Place.init(rawValue:)), state: state,
                record: try record(bytes, fields, state),
                tokenIssuedAt: try moment(.issuedAt, bytes, fields))
        } catch {
            throw .standing(error)
        }
    }

    private func state(_ bytes: Span<UInt8>, _ fields: FieldRanges) throws(StandingProblem) -> UserState? {
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
    ) throws(StandingProblem) -> User.Record {
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

    private func refusal(_ bytes: Span<UInt8>, _ fields: FieldRanges) throws(StandingProblem) -> Refusal? {
        let status = try number(.refusedStatus, bytes, fields)
        let turns = try count(.refusedTurns, bytes, fields)
        let turnEnds = try moment(.refusedUntil, bytes, fields)
        guard let status else { return nil }
        guard let turnEnds else { throw .missing(.refusedUntil, beside: .refusedStatus) }
        return Refusal(status: Int(status), turns: max(1, turns), turnEnds: turnEnds)
    }

    private func lastAttempt(
        _ bytes: Span<UInt8>, _ fields: FieldRanges
    ) throws(StandingProblem) -> User.LastAttempt? {
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
    private func day(_ bytes: Span<UInt8>, _ fields: FieldRanges) throws(StandingProblem) -> Int64 {
        guard let text = try text(.day, bytes, fields) else {
            return try moment(.reachedAt, bytes, fields)?.day ?? 0
        }
        guard let midnight = Timestamp(rfc3339: text + "T00:00:00Z") else { throw .word(.day) }
        return midnight.day
    }

    // MARK: Fields

    /// Nil if the field is missing or empty.
    private func text(
        _ column: Column, _ bytes: Span<UInt8>, _ fields: FieldRanges
    ) throws(StandingProblem) -> String? {
        guard let range = fields[column], !range.isEmpty else { return nil }
        do { return String(copying: try UTF8Span(validating: bytes.extracting(range))) } catch {
            throw .notUTF8(column)
        }
    }

    private func moment(
        _ column: Column, _ bytes: Span<UInt8>, _ fields: FieldRanges
    ) throws(StandingProblem) -> Timestamp? {
        guard let text = try text(column, bytes, fields) else { return nil }
        guard let moment = MomentText.moment(text) else { throw .moment(column) }
        return moment
    }

    private func word<Word: RawRepresentable<String>>(
        _ column: Column, _ bytes: Span<UInt8>, _ fields: FieldRanges
    ) throws(StandingProblem) -> Word? {
        guard let text = try text(column, bytes, fields) else { return nil }
        guard let word = Word(rawValue: text) else { throw .word(column) }
        return word
    }

    private func number(
        _ column: Column, _ bytes: Span<UInt8>, _ fields: FieldRanges
    ) throws(StandingProblem) -> Int64? {
        guard let text = try text(column, bytes, fields) else { return nil }
        let most = column == .place ? Int64.max : Int64(Int32.max)
        guard let number = Int64(text), (0...most).contains(number) else { throw .number(column) }
        return number
    }

    private func count(_ column: Column, _ bytes: Span<UInt8>, _ fields: FieldRanges) throws(StandingProblem) -> Int {
        Int(try number(column, bytes, fields) ?? 0)
    }
}

/// Moments in files: RFC 3339, or whole seconds since 1970, in the years 0 to 9999.
enum MomentText {
    /// The upper bound exceeds any token's lifetime, and is below any current moment in milliseconds.
    private static let seconds: ClosedRange<Int64> = -62_167_219_200...253_402_300_799

    /// Nil for anything else.
    static func moment(_ text: String) -> Timestamp? {
        if let number = Int64(text), text.utf8.first != UInt8(ascii: "+") {
            return seconds.contains(number) ? Timestamp(secondsSinceEpoch: number) : nil
        }
        guard let moment = Timestamp(rfc3339: text),
            seconds.contains(moment.microsecondsSinceEpoch.floorDivided(by: 1_000_000))
        else { return nil }
        return moment
    }
}

/// Why a user's standing in an export is invalid.
///
/// Never holds a value, which may be a misplaced token.
package enum StandingProblem: Error, Equatable, Sendable {
    case moment(Column)
    case number(Column)
    /// The value is not one of the allowed words.
    case word(Column)
    case missing(Column, beside: Column)
    case notUTF8(Column)
}

extension StandingProblem: CustomStringConvertible {
    package var description: String {
        switch self {
        case .moment(let column):
            "\(column.rawValue) is not a moment: write it as 2027-01-31T00:00:00Z or in seconds since 1970 "
                + "(not milliseconds)"
        case .number(.place): "place is no whole number from 0 on"
        case .number(let column): "\(column.rawValue) is no whole number from 0 to 2147483647"
        case .word(.day): "day is no day: write it as 2027-01-31"
        case .word(let column): "\(column.rawValue) is none of: \(Self.words(of: column).joined(separator: ", "))"
        case .notUTF8(let column): "\(column.rawValue) is not UTF-8; save the file as UTF-8"
        case .missing(let column, let other):
            "\(column.rawValue) is missing beside \(other.rawValue); take the row as the export wrote it"
        }
    }

    private static func words(of column: Column) -> [String] {
        switch column {
        case .state: UserState.Kind.allCases.map(\.rawValue)
        case .parkReason: ParkReason.allCases.map(\.rawValue)
        case .lastOutcome: OutcomeKind.allCases.map(\.rawValue)
        default: []
        }
    }
}
