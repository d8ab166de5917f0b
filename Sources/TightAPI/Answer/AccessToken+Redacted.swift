import RefreshCore

extension AccessToken {
    /// The text with every echo of the token replaced.
    func redacted(in text: String) -> String {
        secret.withBytes { token in
            let bytes = Array(text.utf8)
            guard !token.isEmpty, bytes.count >= token.count else { return text }
            var kept: [UInt8] = []
            var index = 0
            while index < bytes.count {
                if bytes[index] == token[0], bytes[index...].starts(with: token) {
                    kept.append(contentsOf: secret.description.utf8)
                    index += token.count
                } else {
                    kept.append(bytes[index])
                    index += 1
                }
            }
            return String(decoding: kept, as: UTF8.self)
        }
    }
}
