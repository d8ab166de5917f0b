import RefreshCore

/// The texts of a map, a list or a single error, whichever was sent; at most as many as are kept of an answer.
struct ErrorTexts: Decodable {
    let texts: [String]

    init(from decoder: any Decoder) throws {
        if let text = try? decoder.singleValueContainer().decode(String.self) {
            texts = [text]
        } else if var list = try? decoder.unkeyedContainer() {
            var texts: [String] = []
            while !list.isAtEnd, texts.count < FailureMessages.most,
                let error = try? list.decode(ErrorText.self)
            {
                if let text = error.text { texts.append(text) }
            }
            self.texts = texts
        } else if let fields = try? decoder.container(keyedBy: FieldName.self) {
            if let text = ErrorText.text(in: fields) {
                texts = [text]
            } else {
                // Sorted, so that the same answer always gives the same messages.
                texts = fields.allKeys.sorted { $0.stringValue < $1.stringValue }.prefix(FailureMessages.most)
                    .map { name in
                        let text = (try? fields.decode(ErrorText.self, forKey: name))?.text
                        return text.map { "\(name.stringValue): \($0)" } ?? name.stringValue
                    }
            }
        } else {
            texts = []
        }
    }
}

/// The text of an error: the human-readable one if there is one, otherwise its type.
struct ErrorText: Decodable {
    let text: String?

    init(from decoder: any Decoder) throws {
        if let fields = try? decoder.container(keyedBy: FieldName.self) {
            text = Self.text(in: fields)
        } else if var list = try? decoder.unkeyedContainer() {
            text = list.isAtEnd ? nil : (try? list.decode(ErrorText.self))?.text
        } else {
            text = try? decoder.singleValueContainer().decode(String.self)
        }
    }

    static func text(in fields: KeyedDecodingContainer<FieldName>) -> String? {
        for name: FieldName in ["errorMessage", "message", "type"] {
            if let text = try? fields.decode(String.self, forKey: name), !text.isEmpty { return text }
        }
        return nil
    }
}

/// Prepares error texts for the store and the journal.
enum FailureMessages {
    /// The most messages that are kept of one answer.
    static let most = 5
    /// The longest message, in characters.
    static let longest = 200
    /// The longest message in bytes, as one character can have any number of them.
    static let mostBytes = 800

    static func fit(_ texts: [String], hiding token: AccessToken) -> [String] {
        fit(texts) { token.redacted(in: $0) }
    }

    static func fit(_ texts: [String], redacting: (String) -> String) -> [String] {
        texts.prefix(most).map { cut($0.fit(limit: longest, redacting: redacting)) }.filter { !$0.isEmpty }
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
