import RefreshCore

extension AccessToken {
    /// The text with every echo of the token replaced.
    func redacted(in text: String) -> String {
        secret.redacted(in: text)
    }
}
