import RefreshCore

/// One request for a new pair of tokens, and its secret parts.
///
/// Source: RFC 6749 sections 2.3.1, 4.4.2 and 6, with Tight's own `userId`.
struct RenewalRequest {
    static let path = "/v5/auth/token"

    let body: Secret
    private let secrets: [Secret]

    init(_ grant: TokenGrant, credentials: ClientCredentials) {
        var form = FormBody()
        form.append("client_id", credentials.id)
        form.append("client_secret", credentials.secret)
        switch grant {
        case .refreshToken(let token):
            form.append("grant_type", "refresh_token")
            form.append("refresh_token", token.secret)
            secrets = [token.secret, credentials.secret]
        case .clientCredentials(let user):
            form.append("grant_type", "client_credentials")
            form.append("userId", user.rawValue)
            secrets = [credentials.secret]
        }
        body = Secret(form.bytes)
        form.wipe()
    }

    var call: HTTPCall {
        HTTPCall(path: Self.path, headers: [("content-type", FormBody.contentType)], body: body)
    }

    /// The text with every echo of the request's secrets replaced, as they are and as they were sent.
    func redacted(_ text: String) -> String {
        // The longest first: one secret may be a part of another.
        let echoes = secrets + secrets.map { Secret($0.withBytes { FormBody.encoded($0) }) }
        return echoes.sorted { $0.count > $1.count }.reduce(text) { text, secret in secret.redacted(in: text) }
    }
}
