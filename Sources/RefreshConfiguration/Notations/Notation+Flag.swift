extension Notation<Bool> {
    /// `true` or `false`.
    static var flag: Notation {
        Notation(
            allowed: "`true` or `false`",
            read: { (value) throws(Complaint) -> Bool in
                guard case .bool(let flag) = value else {
                    var suggestion: String?
                    if case .string(let text) = value, text == "true" || text == "false" {
                        suggestion = "write \(text) without quotes"
                    }
                    throw .wrongType(value, expected: "true or false", suggestion: suggestion)
                }
                return flag
            },
            write: { .bool($0) }
        )
    }
}
