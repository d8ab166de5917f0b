extension UserStanding: Codable {
    private enum CodingKeys: String, CodingKey, CaseIterable {
        case place, state, parkReason, since, due, slot, reachedAt, day, attemptsToday, lastSuccess, failures,
            failingSince, outageTries, outageWaits, refusedStatus, refusedTurns, refusedUntil, lastAttemptAt,
            lastOutcome, lastHTTPStatus, lastReason, tokenIssuedAt
    }

    package convenience init(from decoder: any Decoder) throws {
        try decoder.refuseUnknownKeys(CodingKeys.self)
        let container = try decoder.container(keyedBy: CodingKeys.self)
        func moment(_ key: CodingKeys) throws -> Timestamp? {
            try container.decodeIfPresent(Timestamp.self, forKey: key)
        }
        func count(_ key: CodingKeys) throws -> Int {
            let number = try container.decodeIfPresent(Int.self, forKey: key) ?? 0
            guard number >= 0 else { throw FieldProblem(container.codingPath + [key], "must not be negative") }
            return number
        }
        // An unknown word is not repeated, because a token may stand in its place.
        func word<Known: Word>(_ key: CodingKeys) throws -> Known? {
            guard let text = try container.decodeIfPresent(String.self, forKey: key) else { return nil }
            guard let word = Known(rawValue: text) else {
                throw FieldProblem(
                    container.codingPath + [key],
                    "is none of \(Known.allCases.map(\.rawValue).joined(separator: ", "))")
            }
            return word
        }
        func required<Value>(_ value: Value?, _ key: CodingKeys) throws -> Value {
            guard let value else { throw FieldProblem(container.codingPath + [key], "is missing") }
            return value
        }
        let kind: UserState.Kind? = try word(.state)
        let state: UserState? =
            switch kind {
            case nil: nil
            case .scheduled: .scheduled(due: try required(moment(.due), .due))
            case .backingOff: .backingOff(due: try required(moment(.due), .due))
            case .parked:
                .parked(
                    try required(word(.parkReason), .parkReason),
                    since: try required(moment(.since), .since))
            case .paused:
                .paused(try moment(.due).map { PauseEnd(until: try required(moment(.since), .since), due: $0) })
            }
        var record = User.Record(slot: try required(moment(.slot), .slot))
        record.reachedAt = try moment(.reachedAt)
        record.day = try container.decodeIfPresent(Int64.self, forKey: .day) ?? 0
        record.attemptsToday = try count(.attemptsToday)
        record.lastSuccess = try moment(.lastSuccess)
        record.failures = try count(.failures)
        record.failingSince = try moment(.failingSince)
        record.outageTries = try count(.outageTries)
        record.outageWaits = try count(.outageWaits)
        if let status = try container.decodeIfPresent(Int.self, forKey: .refusedStatus) {
            record.refusal = Refusal(
                status: status, turns: max(1, try count(.refusedTurns)),
                turnEnds: try required(moment(.refusedUntil), .refusedUntil))
        }
        if let at = try moment(.lastAttemptAt) {
            record.lastAttempt = User.LastAttempt(
                at: at, outcome: try required(word(.lastOutcome), .lastOutcome),
                httpStatus: try container.decodeIfPresent(Int.self, forKey: .lastHTTPStatus),
                reason: try container.decodeIfPresent(String.self, forKey: .lastReason)?
                    .sanitized(limit: AttemptRecord.reasonLimit))
        }
        self.init(
            place: try container.decodeIfPresent(Int64.self, forKey: .place).flatMap(Place.init(rawValue:)),
            state: state, record: record, tokenIssuedAt: try moment(.tokenIssuedAt))
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        func add(_ moment: Timestamp?, _ key: CodingKeys) throws {
            try container.encodeIfPresent(moment, forKey: key)
        }
        try container.encodeIfPresent(place?.rawValue, forKey: .place)
        try container.encodeIfPresent(state?.kind, forKey: .state)
        try add(state?.due, .due)
        switch state {
        case .parked(let reason, let since):
            try container.encode(reason, forKey: .parkReason)
            try add(since, .since)
        case .paused(let end): try add(end?.until, .since)
        case .scheduled, .backingOff, nil: break
        }
        try add(record.slot, .slot)
        try add(record.reachedAt, .reachedAt)
        try container.encode(record.day, forKey: .day)
        try container.encode(record.attemptsToday, forKey: .attemptsToday)
        try add(record.lastSuccess, .lastSuccess)
        try container.encode(record.failures, forKey: .failures)
        try add(record.failingSince, .failingSince)
        try container.encode(record.outageTries, forKey: .outageTries)
        try container.encode(record.outageWaits, forKey: .outageWaits)
        try container.encodeIfPresent(record.refusal?.status, forKey: .refusedStatus)
        try container.encodeIfPresent(record.refusal?.turns, forKey: .refusedTurns)
        try add(record.refusal?.turnEnds, .refusedUntil)
        try add(record.lastAttempt?.at, .lastAttemptAt)
        try container.encodeIfPresent(record.lastAttempt?.outcome, forKey: .lastOutcome)
        try container.encodeIfPresent(record.lastAttempt?.httpStatus, forKey: .lastHTTPStatus)
        try container.encodeIfPresent(record.lastAttempt?.reason, forKey: .lastReason)
        try add(tokenIssuedAt, .tokenIssuedAt)
    }
}
