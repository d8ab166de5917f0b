import RefreshCore

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
