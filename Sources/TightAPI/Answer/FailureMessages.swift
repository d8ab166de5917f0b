import RefreshCore

/// Makes error texts fit for the store and the journal.
enum FailureMessages {
    /// The most messages that are kept of one answer.
    static let most = 5
    /// The longest message, in characters.
    static let longest = 200
    /// The longest message in bytes: one character can hold any number of them.
    static let mostBytes = 800

    static func fit(_ texts: [String], hiding token: AccessToken) -> [String] {
        fit(texts) { token.redacted(in: $0) }
    }

    static func fit(_ texts: [String], redacting: (String) -> String) -> [String] {
        texts.prefix(most).map { text in
            // Secrets go first: a cut through one would leave a half that is not found any more.
            cut(redacting(text).sanitized(limit: longest))
        }.filter { !$0.isEmpty }
    }

    private static func cut(_ text: String) -> String {
        guard text.utf8.count > mostBytes else { return text }
        var kept = String.UnicodeScalarView()
        var bytes = 0
        for scalar in text.unicodeScalars {
            bytes += UTF8.width(scalar)
            guard bytes <= mostBytes else { break }
            kept.append(scalar)
        }
        return String(kept) + "…"
    }
}
