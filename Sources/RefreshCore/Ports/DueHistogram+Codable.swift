extension DueHistogram: Codable {
    private enum CodingKeys: CodingKey { case from, widthSeconds, rows }

    /// Refuses rows of unequal length, and a list without everybody else's row.
    package init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        let rows = try container.decode([Row].self, forKey: .rows)
        let seconds = try container.decode(Double.self, forKey: .widthSeconds)
        guard let count = rows.first?.scheduled.count, count > 0, rows.first?.group == nil,
            rows.allSatisfy({ $0.scheduled.count == count && $0.backingOff.count == count }),
            seconds > 0, seconds < 1e12
        else { throw FieldProblem(container.codingPath, "not a histogram") }
        self.init(
            from: try container.decode(Timestamp.self, forKey: .from),
            width: .microseconds(Int64((seconds * 1_000_000).rounded())), rows: rows)
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(from, forKey: .from)
        try container.encode(Double(width.wholeMicroseconds) / 1_000_000, forKey: .widthSeconds)
        try container.encode(rows, forKey: .rows)
    }
}
