import FoundationEssentials
import RefreshCore
import RefreshDaemon

/// The part of a user that a list shows.
struct ListedUser {
    private(set) var userID = ""
    private(set) var state = UserState.Kind.scheduled
    private var parkReason: ParkReason?
    private var lastHTTPStatus: Int?
    private(set) var pausedUntil: String?
    private(set) var nextDue: String?
    private(set) var lastAttempt: String?
    private(set) var lastOutcome: OutcomeKind?
    private(set) var lastReason: String?
    private(set) var mend: String?

    init(_ report: UserReport) {
        userID = report.userID
        state = report.state
        parkReason = report.parkReason
        lastHTTPStatus = report.lastHTTPStatus
        pausedUntil = report.pausedUntil
        nextDue = report.nextDue
        lastAttempt = report.lastAttempt
        lastOutcome = report.lastOutcome
        lastReason = report.lastReason
        mend = report.mend
    }

    /// Reads a report that is one line of JSON.
    ///
    /// Nearly all are flat objects without escapes, for which a decoder would take ten times as long.
    init(line: ArraySlice<UInt8>) throws {
        guard !line.contains(UInt8(ascii: "\\")), read(line) else {
            self = ListedUser(try JSONDecoder().decode(UserReport.self, from: Data(line)))
            return
        }
    }

    /// Like `UserReport.standing`.
    var standing: String { UserReport.standing(state, parkReason, lastHTTPStatus: lastHTTPStatus) }

    /// Reads the values of a flat object without escapes; returns false for anything else.
    private mutating func read(_ line: ArraySlice<UInt8>) -> Bool {
        guard line.first == UInt8(ascii: "{"), line.last == UInt8(ascii: "}") else { return false }
        var position = line.startIndex + 1
        let end = line.endIndex - 1
        // The text between the quotes at the position.
        func text() -> ArraySlice<UInt8>? {
            guard position < end, line[position] == UInt8(ascii: "\"") else { return nil }
            let start = position + 1
            guard let close = line[start..<end].firstIndex(of: UInt8(ascii: "\"")) else { return nil }
            position = close + 1
            return line[start..<close]
        }
        while position < end {
            guard let key = text(), position < end, line[position] == UInt8(ascii: ":") else { return false }
            position += 1
            guard position < end else { return false }
            switch line[position] {
            case UInt8(ascii: "\""):
                guard let value = text() else { return false }
                set(key, value)
            case UInt8(ascii: "{"), UInt8(ascii: "["): return false
            default:
                let close = line[position..<end].firstIndex(of: UInt8(ascii: ",")) ?? end
                set(key, line[position..<close])
                position = close
            }
            guard position == end || line[position] == UInt8(ascii: ",") else { return false }
            position += 1
        }
        return true
    }

    private mutating func set(_ key: ArraySlice<UInt8>, _ bytes: ArraySlice<UInt8>) {
        // Computed, so that only values that are shown become texts.
        var value: String { String(decoding: bytes, as: UTF8.self) }
        // Keys are so short that these texts need no heap allocation.
        switch String(decoding: key, as: UTF8.self) {
        case "userID": userID = value
        case "state": state = UserState.Kind(rawValue: value) ?? state
        case "parkReason": parkReason = ParkReason(rawValue: value)
        case "lastHTTPStatus": lastHTTPStatus = Int(value)
        case "pausedUntil": pausedUntil = value
        case "nextDue": nextDue = value
        case "lastAttempt": lastAttempt = value
        case "lastOutcome": lastOutcome = OutcomeKind(rawValue: value)
        case "lastReason": lastReason = value
        case "mend": mend = value
        default: break
        }
    }
}
