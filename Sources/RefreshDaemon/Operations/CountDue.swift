package import RefreshCore

/// How many users fall due when, by the groups that have rules of their own.
package struct CountDue: Operation {
    package enum CodingKeys: String, CodingKey, CaseIterable { case from, width, count }

    package static let name = "count-due"
    package static let patience = Duration.minutes(10)

    /// When the first stretch begins.
    package let from: Timestamp
    /// How long one stretch is, such as `60s`; a second or more.
    package let width: Duration
    /// From 1 to 10,000.
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
