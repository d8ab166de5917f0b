import RefreshCore
import RefreshDaemon

extension HistoryQuery {
    private enum Field: String, CaseIterable { case limit, before, since }

    /// The query as a URI carries it, without the question mark.
    var queryText: String {
        let moments: [(Field, Timestamp?)] = [(.before, before), (.since, since)]
        return QueryFields.text(
            [(Field.limit, String(limit))]
                + moments.compactMap { field, moment in moment.map { (field, $0.preciseText) } })
    }

    /// Reads a URI's query; each field at most once.
    init(queryText: String) throws(FieldProblem) {
        self.init()
        for (field, value) in try QueryFields.read(Field.self, in: queryText) {
            switch field {
            case .limit:
                guard let number = Int(value), Self.limits.contains(number) else {
                    throw FieldProblem(field: field.rawValue, "not a number from 1 to 1000")
                }
                limit = number
            case .before: before = try Self.moment(value, for: field)
            case .since: since = try Self.moment(value, for: field)
            }
        }
    }

    private static func moment(_ text: String, for field: Field) throws(FieldProblem) -> Timestamp {
        guard let moment = Timestamp(rfc3339: text) else {
            throw FieldProblem(field: field.rawValue, "not a moment such as 2026-11-22T14:05:00Z")
        }
        return moment
    }
}
