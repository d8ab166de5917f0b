import RefreshCore

/// How many users stand where.
extension MemoryUserStoreContents {
    func groupSizes() -> [GroupSize] {
        let sizes = Dictionary(grouping: entries.values.compactMap(\.user.group)) { $0 }.mapValues(\.count)
        return sizes.map { GroupSize(group: $0.key, users: $0.value) }.sorted {
            ($1.users, $0.group.rawValue) < ($0.users, $1.group.rawValue)
        }
    }

    func census(now: Timestamp) -> Census {
        var census = Census()
        for entry in entries.values {
            census.users += 1
            census.byState[entry.user.state.kind, default: 0] += 1
            if case .parked(let reason, _) = entry.user.state { census.byParkReason[reason, default: 0] += 1 }
            if entry.held != nil {
                census.leased += 1
            } else if let due = entry.user.state.due {
                if due <= now { census.overdue += 1 }
                census.oldestDue = min(census.oldestDue ?? due, due)
            }
        }
        return census
    }

    func survey(_ question: FleetSurvey.Question) -> FleetSurvey {
        var survey = FleetSurvey(question)
        for entry in entries.values {
            let user = entry.user
            survey.add(
                user.state.kind, group: user.group, outcome: user.record.lastAttempt?.outcome,
                attemptedAt: user.record.lastAttempt?.at, since: user.record.lastSuccess ?? user.record.failingSince,
                for: question)
        }
        return survey
    }

    func refusalCount(parkedSince: Timestamp) -> RefusalCount {
        let refused = entries.values.count { entry in
            guard entry.user.record.refusal != nil else { return false }
            switch entry.user.state {
            case .scheduled, .backingOff: return true
            case .parked(.refused, let since): return since >= parkedSince
            case .parked, .paused: return false
            }
        }
        return RefusalCount(refused: refused, users: entries.count)
    }

    func tokensExpiring(after: Timestamp, until: Timestamp) -> Int {
        entries.values.count { $0.user.tokenExpiresAt.map { $0 > after && $0 <= until } ?? false }
    }

    func unrenewedTokensExpiring(after: Timestamp, until: Timestamp) -> Int {
        entries.values.count { entry in
            let user = entry.user
            guard user.renewal.due == nil, user.state.kind != .parked else { return false }
            return user.tokenExpiresAt.map { $0 > after && $0 <= until } ?? false
        }
    }

    func countDue(in histogram: inout DueHistogram, groups: Set<GroupName>) {
        for entry in entries.values {
            let group = entry.user.group.flatMap { groups.contains($0) ? $0 : nil }
            histogram.add(of: group, in: entry.user.state.kind, due: entry.user.state.due, isFree: entry.held == nil)
        }
    }
}
