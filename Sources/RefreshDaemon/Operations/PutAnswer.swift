package import RefreshCore

/// What became of one user that was put.
package enum PutAnswer: String, Codable, Sendable, CaseIterable {
    case added
    /// The user was stored already; it has the new token now, its schedule and history stay.
    case replaced
    /// As `replaced`, and it was parked: it is called again.
    case released
    /// As `replaced`, parked before or not; nobody knows whether the token is new, for the stored one could not be
    /// opened.
    case unopened
    /// The token is the same; group or expiry of the token are not, and are stored now. Who is parked stays parked.
    case updated
    /// Nothing differs from what is stored; nothing was written, and who is parked stays parked.
    case unchanged
}

extension PutCounts {
    package mutating func count(_ answers: [PutAnswer]) {
        for answer in answers {
            switch answer {
            case .added: added += 1
            case .replaced: replaced += 1
            case .released: released += 1
            case .unopened: unopened += 1
            case .updated: updated += 1
            case .unchanged: unchanged += 1
            }
        }
    }

    package init(_ answers: [PutAnswer]) {
        self.init()
        count(answers)
    }
}
