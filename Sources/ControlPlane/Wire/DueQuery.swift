import RefreshCore

/// The query of `GET /v1/plan/due`: `count` stretches of `width`, from `from` on; all three are needed.
struct DueQuery: Equatable {
    let from: Timestamp
    let width: Duration
    let count: Int

    private enum Field: String, CaseIterable { case from, width, count }

    init(from: Timestamp, width: Duration, count: Int) {
        self.from = from
        self.width = width
        self.count = count
    }

    var queryText: String {
        QueryFields.text([
            (Field.from, WireMoment(from).text), (.width, width.text), (.count, String(count)),
        ])
    }

    init(queryText: String) throws(FieldProblem) {
        let fields = Dictionary(try QueryFields.read(Field.self, in: queryText)) { first, _ in first }
        func value(_ field: Field) throws(FieldProblem) -> String {
            guard let text = fields[field] else { throw FieldProblem(field: field.rawValue, "missing") }
            return text
        }
        guard let from = Timestamp(rfc3339: try value(.from)) else {
            throw FieldProblem(field: Field.from.rawValue, "not a moment such as 2026-11-22T14:05:00Z")
        }
        guard let width = Duration(text: try value(.width)) else {
            throw FieldProblem(field: Field.width.rawValue, "not a time span such as 60s")
        }
        guard let count = Int(try value(.count)), (1...10_000).contains(count) else {
            throw FieldProblem(field: Field.count.rawValue, "not a number from 1 to 10000")
        }
        self.init(from: from, width: width, count: count)
    }
}
