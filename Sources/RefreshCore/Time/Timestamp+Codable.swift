/// RFC 3339 text, to the microsecond where the moment has any: `2026-11-22T14:05:00.25Z`.
extension Timestamp: Codable {
    private enum CodingKeys: CodingKey { case microsecondsSinceEpoch }

    /// Reads the number of earlier versions, whose stores hold it, as well.
    package init(from decoder: any Decoder) throws {
        if let text = try? decoder.singleValueContainer().decode(String.self) {
            guard let moment = Timestamp(rfc3339: text) else { throw Self.problem(at: decoder.codingPath) }
            self = moment
        } else {
            guard let container = try? decoder.container(keyedBy: CodingKeys.self),
                let microseconds = try? container.decode(Int64.self, forKey: .microsecondsSinceEpoch)
            else { throw Self.problem(at: decoder.codingPath) }
            self.init(microsecondsSinceEpoch: microseconds)
        }
    }

    package func encode(to encoder: any Encoder) throws {
        let text = preciseText
        guard Timestamp(rfc3339: text) == self else {
            throw FieldProblem(encoder.codingPath, "the moment lies outside the years 0 to 9999")
        }
        var container = encoder.singleValueContainer()
        try container.encode(text)
    }

    private static func problem(at path: [any CodingKey]) -> FieldProblem {
        FieldProblem(path, "not a moment such as 2026-11-22T14:05:00Z")
    }
}
