import RefreshCore

extension String {
    /// The text without secrets, and fit for one line of the journal.
    func fit(limit: Int, redacting: (String) -> String) -> String {
        // Secrets are removed before the cut, which could leave a part that is not recognised. They are removed again
        // after sanitising, which turns separators into spaces and so can complete a secret of several words.
        redacting(redacting(self).sanitized(limit: .max)).sanitized(limit: limit)
    }
}

extension Secret {
    /// The text with every echo of the secret replaced.
    func redacted(in text: String) -> String {
        withBytes { secret in
            let bytes = Array(text.utf8)
            guard !secret.isEmpty, bytes.count >= secret.count else { return text }
            var kept: [UInt8] = []
            var index = 0
            while index < bytes.count {
                if bytes[index] == secret[0], bytes[index...].starts(with: secret) {
                    kept.append(contentsOf: description.utf8)
                    index += secret.count
                } else {
                    kept.append(bytes[index])
                    index += 1
                }
            }
            return String(decoding: kept, as: UTF8.self)
        }
    }
}

extension AccessToken {
    /// The text with every echo of the token replaced.
    func redacted(in text: String) -> String {
        secret.redacted(in: text)
    }
}
