import RefreshCore

/// The fields of a URI's query, each at most once.
enum QueryFields {
    static func text<Field: RawRepresentable<String>>(_ fields: [(Field, String)]) -> String {
        fields.map { field, value in "\(field.rawValue)=\(PercentEncoding.encode(value))" }.joined(separator: "&")
    }

    static func read<Field: RawRepresentable<String> & CaseIterable & Hashable>(
        _ known: Field.Type, in queryText: String
    ) throws(FieldProblem) -> [(Field, String)] {
        var fields: [(Field, String)] = []
        var seen: Set<Field> = []
        for pair in queryText.split(separator: "&") {
            let halves = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            guard let field = Field(rawValue: String(halves[0])) else {
                let known = Field.allCases.map(\.rawValue).joined(separator: ", ")
                throw FieldProblem(
                    field: "the query",
                    "unknown field \"\(String(halves[0]).sanitized(limit: 40))\"; known are \(known)"
                )
            }
            guard halves.count == 2, let value = PercentEncoding.decode(halves[1]) else {
                throw FieldProblem(field: field.rawValue, "no value in percent-encoded UTF-8")
            }
            guard seen.insert(field).inserted else {
                throw FieldProblem(field: field.rawValue, "given twice")
            }
            fields.append((field, value))
        }
        return fields
    }
}
