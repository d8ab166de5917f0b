package import RefreshCore
import Synchronization

/// Adds up the parts of an import or a similar operation, and reports the sum once.
///
/// It reports after the last part, or when none has come for a while.
package final class ImportLedger: Sendable {
    /// How long after its last part an import counts as broken off.
    package static let patience = Duration.seconds(30)
    /// The most imports added up at a time; parts of further ones are reported one by one.
    private static let most = 64

    private struct Tally {
        let kind: ImportPart.Kind
        var counts = PutCounts.zero
        var removed = 0
        var obstacle: String?
        var latest: Duration
    }

    private let tallies = Mutex<[String: Tally]>([:])
    private let arrivals = WakeSignal()
    private let time: any Timekeeping
    private let events: any EventReporting

    package init(time: any Timekeeping, events: any EventReporting) {
        self.time = time
        self.events = events
    }

    func note(_ answers: [PutAnswer] = [], removed: Int = 0, of part: ImportPart) {
        let now = time.uptime
        let ended: Tally? = tallies.withLock { tallies in
            var tally = tallies[part.id] ?? Tally(kind: part.kind, latest: now)
            tally.counts.count(answers)
            tally.removed += removed
            tally.obstacle = part.obstacle ?? tally.obstacle
            tally.latest = now
            let isOver = part.isLast || tallies[part.id] == nil && tallies.count >= Self.most
            tallies[part.id] = isOver ? nil : tally
            return isOver ? tally : nil
        }
        if let ended { report(ended) } else { arrivals.send() }
    }

    /// Watches for imports that break off, until cancelled; then reports those that are left.
    package func run() async {
        while !Task.isCancelled {
            let now = time.uptime
            let (ended, next) = tallies.withLock { tallies in
                let ended = tallies.filter { now - $0.value.latest >= Self.patience }
                for id in ended.keys { tallies[id] = nil }
                return (Array(ended.values), tallies.values.map(\.latest).min())
            }
            ended.forEach(report)
            guard let next else {
                await arrivals.wait()
                continue
            }
            try? await time.sleep(for: next + Self.patience - now)
        }
        endAll()
    }

    /// Reports the imports that are left.
    func endAll() {
        let left = tallies.withLock { tallies in
            defer { tallies = [:] }
            return Array(tallies.values)
        }
        left.forEach(report)
    }

    private func report(_ tally: Tally) {
        switch tally.kind {
        case .imported: events.report(.usersImported(tally.counts))
        case .synced:
            events.report(.usersSynced(tally.counts, removed: tally.removed, obstacle: tally.obstacle))
        case .removed: events.report(.usersRemoved(tally.removed))
        case .regrouped: events.report(.usersRegrouped(tally.counts.updated))
        }
    }
}
