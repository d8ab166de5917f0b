import RefreshCore
import RefreshDaemon

extension UserQuery {
    /// The query as a URI carries it, without the question mark.
    var queryText: String {
        let fields: [(Field, String?)] = [
            (.state, state?.rawValue), (.parkReason, parkReason?.rawValue), (.outcome, outcome?.rawValue),
            (.group, group),
            (.notRefreshedSince, notRefreshedSince.map { WireMoment($0).text }),
            (.expiringBefore, expiringBefore.map { WireMoment($0).text }), (.sort, order?.rawValue), (.after, after),
            (.limit, String(limit)),
        ]
        return QueryFields.text(fields.compactMap { field, value in value.map { (field, $0) } })
    }

    /// Reads a URI's query; each field at most once.
    init(queryText: String) throws(FieldProblem) {
        self.init()
        for (field, value) in try QueryFields.read(Field.self, in: queryText) { try set(field, to: value) }
    }

    private enum Field: String, CaseIterable {
        case state, parkReason, outcome, group, notRefreshedSince, expiringBefore, sort, after, limit
    }

    private mutating func set(_ field: Field, to value: String) throws(FieldProblem) {
        switch field {
        case .state: state = try Self.word(value, for: field)
        case .parkReason: parkReason = try Self.word(value, for: field)
        case .outcome: outcome = try Self.word(value, for: field)
        case .group: group = value
        case .notRefreshedSince: notRefreshedSince = try Self.moment(value, for: field)
        case .expiringBefore: expiringBefore = try Self.moment(value, for: field)
        case .sort: order = try Self.word(value, for: field)
        case .after: after = value
        case .limit:
            guard let number = Int(value), (1...10_000).contains(number) else {
                throw FieldProblem(field: field.rawValue, "not a number from 1 to 10000")
            }
            limit = number
        }
    }

    private static func moment(_ text: String, for field: Field) throws(FieldProblem) -> Timestamp {
        guard let moment = Timestamp(rfc3339: text) else {
            throw FieldProblem(field: field.rawValue, "not a moment such as 2026-11-22T14:05:00Z")
        }
        return moment
    }

    private static func word<Word: RawRepresentable<String> & CaseIterable>(
        _ text: String,
        for field: Field
    ) throws(FieldProblem) -> Word {
        guard let word = Word(rawValue: text) else {
            let known = Word.allCases.map(\.rawValue).joined(separator: ", ")
            throw FieldProblem(field: field.rawValue, "\"\(text.sanitized(limit: 40))\" is none of \(known)")
        }
        return word
    }
}
