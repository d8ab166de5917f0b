import RefreshCore

/// The histories of a store in memory, and the fleet's tallies.
struct MemoryHistory: Sendable {
    /// Oldest first.
    private var attempts: [Place: [AttemptRecord]] = [:]
    private var tallied: [Int64: [OutcomeKind: Int]] = [:]

    mutating func add(_ attempt: AttemptRecord, at place: Place) {
        tallied[AttemptTally.bucket(of: attempt.startedAt), default: [:]][attempt.outcome, default: 0] += 1
        guard let last = attempts[place]?.last, last.startedAt >= attempt.startedAt else {
            // In place: a simulation's histories are long, and copies of them dear.
            attempts[place, default: []].append(attempt)
            return
        }
        var record = attempt
        var known = attempts[place] ?? []
        while known.contains(where: { $0.startedAt == record.startedAt }) {
            record.startedAt = record.startedAt.advanced(by: .milliseconds(1))
        }
        known.insert(record, at: known.lastIndex { $0.startedAt < record.startedAt }.map { $0 + 1 } ?? 0)
        attempts[place] = known
    }

    mutating func remove(at place: Place) {
        attempts[place] = nil
    }

    mutating func move(from old: Place, to new: Place) {
        attempts[new] = attempts.removeValue(forKey: old)
    }

    func newest(at place: Place, before: Timestamp?, limit: Int) -> [AttemptRecord] {
        let found = (attempts[place] ?? []).filter { attempt in before.map { attempt.startedAt < $0 } ?? true }
        return found.suffix(limit).reversed()
    }

    func counts(at place: Place, since: Timestamp) -> HistoryCounts {
        (attempts[place] ?? []).filter { $0.startedAt >= since }.reduce(into: HistoryCounts()) { counts, attempt in
            counts.byOutcome[attempt.outcome, default: 0] += 1
            counts.oldest = counts.oldest ?? attempt.startedAt
        }
    }

    func tallies(since: Timestamp) -> [AttemptTally] {
        tallied.filter { $0.key >= AttemptTally.bucket(of: since) }.sorted { $0.key < $1.key }.map {
            AttemptTally(from: AttemptTally.start(ofBucket: $0.key), counts: $0.value)
        }
    }

    mutating func prune(
        to bounds: HistoryBounds, now: Timestamp, users: @autoclosure () -> [Place], after: Place?, limit: Int
    ) -> PruningStep {
        let firstDay = bounds.firstDay(now: now)
        var old = 0
        let isOld = attempts.values.contains { $0.first.map { $0.startedAt.day < firstDay } ?? false }
        for place in isOld ? attempts.keys.sorted() : [] where old < limit {
            while old < limit, let first = attempts[place]?.first, first.startedAt.day < firstDay {
                attempts[place]?.removeFirst()
                old += 1
            }
        }
        if old > 0 { return PruningStep(removed: old, next: .again) }
        if after == nil {
            let oldest = AttemptTally.bucket(of: now.advanced(by: .zero - AttemptTally.memory))
            tallied = tallied.filter { $0.key >= oldest }
        }
        // A simulated year has many passes that find nothing: they cost no walk.
        guard !bounds.isOff, attempts.values.contains(where: { $0.count > bounds.keep }) else {
            return PruningStep(removed: 0, next: .done)
        }

        let rest = users().filter { place in after.map { place > $0 } ?? true }
        var removed = 0
        var handled = after
        for place in rest.prefix(limit) {
            let surplus = max(0, (attempts[place]?.count ?? 0) - bounds.keep)
            let taken = min(surplus, limit - removed)
            attempts[place]?.removeFirst(taken)
            removed += taken
            guard taken == surplus else {
                return PruningStep(
                    removed: removed, next: handled == after ? .again : handled.map { .after($0) } ?? .again)
            }
            handled = place
        }
        guard rest.count >= limit, let handled else { return PruningStep(removed: removed, next: .done) }
        return PruningStep(removed: removed, next: .after(handled))
    }
}
