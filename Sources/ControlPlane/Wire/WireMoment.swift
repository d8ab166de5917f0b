import RefreshCore

/// A moment as RFC 3339 text in JSON, to the microsecond where it has any: `2026-11-22T14:05:00.25Z`.
struct WireMoment: Codable, Equatable {
    let moment: Timestamp

    init(_ moment: Timestamp) {
        self.moment = moment
    }

    init(from decoder: any Decoder) throws {
        let text = try decoder.singleValueContainer().decode(String.self)
        guard let moment = Timestamp(rfc3339: text) else {
            throw FieldProblem(decoder.codingPath, "not a moment such as 2026-11-22T14:05:00Z")
        }
        self.moment = moment
    }

    func encode(to encoder: any Encoder) throws {
        let text = self.text
        guard Timestamp(rfc3339: text) == moment else {
            throw FieldProblem(encoder.codingPath, "the moment lies outside the years 0 to 9999")
        }
        var container = encoder.singleValueContainer()
        try container.encode(text)
    }

    var text: String { moment.preciseText }
}
