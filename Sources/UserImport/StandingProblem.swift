import RefreshCore

/// Why what an export says of how a user stood cannot be.
///
/// Never holds a value: a token may stand in its place.
package enum StandingProblem: Error, Equatable, Sendable {
    case moment(Column)
    case number(Column)
    /// None of the words that it may be.
    case word(Column)
    case missing(Column, beside: Column)
    case notUTF8(Column)
}

extension StandingProblem: CustomStringConvertible {
    package var description: String {
        switch self {
        case .moment(let column):
            "\(column.rawValue) is no moment: write it as 2027-01-31T00:00:00Z or in seconds since 1970 "
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
