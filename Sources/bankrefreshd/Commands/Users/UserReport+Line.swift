import FoundationEssentials
import RefreshCore
import RefreshDaemon

extension UserReport {
    /// Reads the part that a list shows of a report that is one line of JSON.
    ///
    /// Nearly all are flat objects without escapes, for which a decoder would take ten times as long.
    init(line: ArraySlice<UInt8>) throws {
        self.init()
        guard !line.contains(UInt8(ascii: "\\")), read(line) else {
            self = try JSONDecoder().decode(UserReport.self, from: Data(line))
            return
        }
    }

    /// Reads the values of a flat object without escapes; returns false for anything else.
    private mutating func read(_ line: ArraySlice<UInt8>) -> Bool {
        guard line.first == UInt8(ascii: "{"), line.last == UInt8(ascii: "}") else { return false }
        var rest = line
        // What is before the next quote. Without escapes, every second such part is a text.
        func part() -> ArraySlice<UInt8>? {
            guard let quote = rest.firstIndex(of: UInt8(ascii: "\"")) else { return nil }
            defer { rest = rest[(quote + 1)...] }
            return rest[..<quote]
        }
        _ = part()
        while let key = part() {
            guard let between = part(), between.first == UInt8(ascii: ":") else { return false }
            if between.count == 1 {
                guard let value = part() else { return false }
                set(key, value)
                _ = part()
            } else {
                let value = between.dropFirst().dropLast()
                guard let first = value.first, first != UInt8(ascii: "[") else { return false }
                set(key, value)
            }
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
        case "lastSuccess": lastSuccess = value
        case "failures": failures = Int(value) ?? 0
        case "tokenExpiresAt": tokenExpiresAt = value
        case "mend": mend = value
        default: break
        }
    }
}
