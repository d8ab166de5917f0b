/// The requests for tokens of one user.
package struct UserRenewals: Codable, Equatable, Sendable {
    package private(set) var count = 0
    /// Pairs that were handed out for them, whether or not the answer arrived.
    package private(set) var renewed = 0
    package private(set) var inFlight = 0
    package private(set) var maxConcurrent = 0
    /// Those that began while another of the same user was under way.
    package private(set) var overlapping = 0
    /// The latest, oldest first; all of them unless there were more than the sandbox keeps.
    package private(set) var renewals: [RenewalRecord] = []

    private enum CodingKeys: CodingKey {
        case count, renewed, inFlight, maxConcurrent, overlapping, renewals
    }

    mutating func begin(_ record: RenewalRecord, keeping limit: Int) {
        count += 1
        if inFlight > 0 { overlapping += 1 }
        inFlight += 1
        maxConcurrent = max(maxConcurrent, inFlight)
        // Dropped by the half, so that a long run copies each record once and not at every call.
        if renewals.count >= 2 * limit { renewals.removeFirst(limit) }
        renewals.append(record)
    }

    mutating func settle(_ number: Int, _ outcome: RenewalRecord.Outcome) {
        if outcome == .renewed { renewed += 1 }
        change(number) { $0.outcome = outcome }
    }

    mutating func end(_ number: Int, at moment: Int64, _ ending: CallRecord.Ending, status: Int?) {
        inFlight -= 1
        change(number) { record in
            record.ended = moment
            record.ending = ending
            record.status = status
        }
    }

    /// The same without the single records.
    func counts() -> UserRenewals {
        var copy = self
        copy.renewals = []
        return copy
    }

    private mutating func change(_ number: Int, _ body: (inout RenewalRecord) -> Void) {
        guard let first = renewals.first, renewals.indices.contains(number - first.number) else { return }
        body(&renewals[number - first.number])
    }
}
