import RefreshCore

/// The query of `GET /v1/export`.
struct ExportQuery: Equatable {
    var after: UserID?
    /// 1 to 10,000.
    var limit = 1_000

    private enum Field: String, CaseIterable { case after, limit }

    init(after: UserID?, limit: Int) {
        self.after = after
        self.limit = limit
    }

    var queryText: String {
        QueryFields.text((after.map { [(Field.after, $0.rawValue)] } ?? []) + [(.limit, String(limit))])
    }

    init(queryText: String) throws(FieldProblem) {
        for (field, value) in try QueryFields.read(Field.self, in: queryText) {
            switch field {
            case .after:
                do throws(UserIDProblem) { after = try UserID(value) } catch {
                    throw FieldProblem(field: field.rawValue, error.description)
                }
            case .limit:
                guard let number = Int(value), (1...10_000).contains(number) else {
                    throw FieldProblem(field: field.rawValue, "not a number from 1 to 10000")
                }
                limit = number
            }
        }
    }
}
