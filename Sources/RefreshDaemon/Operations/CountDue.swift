package import RefreshCore

/// Counts the users that fall due in each stretch of time, by group.
///
/// Groups without rules of their own are counted together.
package struct CountDue: Operation {
    package enum CodingKeys: String, CodingKey, CaseIterable { case from, width, count }

    package static let name = "count-due"
    package static let patience = Duration.minutes(10)

    /// The start of the first stretch.
    package let from: Timestamp
    /// The length of a stretch, such as `60s`; at least one second.
    package let width: Duration
    /// The number of stretches, from 1 to 10,000.
    package let count: Int

    package init(from: Timestamp, width: Duration, count: Int) {
        self.from = from
        self.width = width
        self.count = count
    }

    package init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        guard let width = Duration(text: try container.decode(String.self, forKey: .width)) else {
            throw FieldProblem(container.codingPath + [CodingKeys.width], "not a time span such as 60s")
        }
        self.init(
            from: try container.decode(Timestamp.self, forKey: .from), width: width,
            count: try container.decode(Int.self, forKey: .count))
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(from, forKey: .from)
        try container.encode(width.text, forKey: .width)
        try container.encode(count, forKey: .count)
    }

    package func validate() throws(FieldProblem) {
        try FieldProblem.check(count, within: 1...10_000, field: "count")
        guard width >= .seconds(1) else {
            throw FieldProblem(field: "width", "\(width.text) is too short; it must be a second or more")
        }
    }

    package func run(with store: StoreContext) async throws -> DueHistogram {
        try await store.store.dueHistogram(
            from: from, width: width, count: count, groups: Set(store.policies().groups.keys))
    }

    package func fits(_ answer: DueHistogram) -> Bool { answer.count == count }
}
