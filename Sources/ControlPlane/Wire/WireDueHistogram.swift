import RefreshCore

/// The answer to `GET /v1/plan/due`.
struct WireDueHistogram: Codable, Equatable {
    let from: WireMoment
    let widthSeconds: Double
    let rows: [Row]

    struct Row: Codable, Equatable {
        let group: WireGroupName?
        let scheduled: [Int]
        let backingOff: [Int]
        let overdue: Int
        let later: Int
        let parked: Int
        let paused: Int
    }

    init(_ histogram: DueHistogram) {
        from = WireMoment(histogram.from)
        widthSeconds = Double(histogram.width.wholeMicroseconds) / 1_000_000
        rows = histogram.rows.map { row in
            Row(
                group: row.group.map(WireGroupName.init), scheduled: row.scheduled, backingOff: row.backingOff,
                overdue: row.overdue, later: row.later, parked: row.parked, paused: row.paused)
        }
    }

    /// Nil if its rows are not of one length, or there are none.
    var histogram: DueHistogram? {
        guard let count = rows.first?.scheduled.count, count > 0, rows.first?.group == nil,
            rows.allSatisfy({ $0.scheduled.count == count && $0.backingOff.count == count }),
            widthSeconds > 0, widthSeconds < 1e12
        else { return nil }
        return DueHistogram(
            from: from.moment, width: .microseconds(Int64((widthSeconds * 1_000_000).rounded())),
            rows: rows.map { row in
                var counted = DueHistogram.Row(group: row.group?.name, count: count)
                counted.scheduled = row.scheduled
                counted.backingOff = row.backingOff
                counted.overdue = row.overdue
                counted.later = row.later
                counted.parked = row.parked
                counted.paused = row.paused
                return counted
            })
    }
}
