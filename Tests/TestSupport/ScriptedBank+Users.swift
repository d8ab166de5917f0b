package import RefreshCore

extension ScriptedBank {
    /// The calls of each user of `Fleet`, by its number.
    package var callsByUser: [Int: [LoggedCall]] {
        Dictionary(grouping: log) { Fleet.number(of: $0.token) ?? -1 }
    }
}

extension Fleet {
    /// Whose token it is; nil for a token of another form.
    package static func number(of token: AccessToken) -> Int? {
        let text = token.secret.withBytes { String(decoding: $0, as: UTF8.self) }
        return text.split(separator: "-").last.flatMap { Int($0) }
    }
}
