package import RefreshCore

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

    /// The text with every echo of the request's secrets replaced, both plain and form-encoded.
    func redacted(_ text: String) -> String {
        // The longest first, as one secret may be part of another.
        let echoes = secrets + secrets.map { Secret($0.withBytes { FormBody.encoded($0) }) }
        return echoes.sorted { $0.count > $1.count }.reduce(text) { text, secret in secret.redacted(in: text) }
    }
}

/// The platform's own credentials at Tight, for renewing tokens.
package struct ClientCredentials: Sendable, Equatable {
    package let id: String
    package let secret: Secret

    package init(id: String, secret: Secret) {
        self.id = id
        self.secret = secret
    }
}

/// The body of a request as `application/x-www-form-urlencoded`, encoded byte by byte.
///
/// Source: RFC 6749 appendix B and the URL standard's form serializer. Letters, digits, `*`, `-`, `.` and `_` stay as
/// they are, a space becomes `+`, and every other UTF-8 byte becomes `%XX`.
struct FormBody {
    static let contentType = "application/x-www-form-urlencoded"

    private(set) var bytes: [UInt8] = []

    mutating func append(_ name: String, _ value: String) {
        append(name, value.utf8)
    }

    mutating func append(_ name: String, _ value: Secret) {
        value.withBytes { append(name, $0) }
    }

    /// Overwrites the appended bytes; call it once they have been copied.
    mutating func wipe() {
        bytes.wipe()
    }

    static func encoded(_ text: some Collection<UInt8>) -> [UInt8] {
        var encoded: [UInt8] = []
        encoded.reserveCapacity(3 * text.count)
        append(text, to: &encoded)
        return encoded
    }

    private mutating func append(_ name: String, _ value: some Collection<UInt8>) {
        // Reserves the worst case at once: growing would leave copies of secrets behind.
        bytes.reserveCapacity(bytes.count + 3 * (name.utf8.count + value.count) + 2)
        if !bytes.isEmpty { bytes.append(UInt8(ascii: "&")) }
        Self.append(Array(name.utf8), to: &bytes)
        bytes.append(UInt8(ascii: "="))
        Self.append(value, to: &bytes)
    }

    private static func append(_ text: some Collection<UInt8>, to encoded: inout [UInt8]) {
        for byte in text {
            switch byte {
            case _ where byte.isASCIILetterOrDigit,
                UInt8(ascii: "*"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"):
                encoded.append(byte)
            case UInt8(ascii: " "): encoded.append(UInt8(ascii: "+"))
            default: encoded += [UInt8(ascii: "%"), digit(byte >> 4), digit(byte & 15)]
            }
        }
    }

    private static func digit(_ value: UInt8) -> UInt8 {
        value < 10 ? UInt8(ascii: "0") + value : UInt8(ascii: "A") + value - 10
    }
}

extension TightClient: TokenRenewing {
    /// A renewal that is cancelled before its request is written is `failed(.unavailable)`: no token was exchanged.
    ///
    /// Without credentials, nothing is renewed.
    package func renew(_ grant: TokenGrant, beginBy: Duration?) async throws(CallNotBegun) -> RenewalAnswer {
        guard let credentials else { return .failed(.misconfigured(.renewalRefused(status: 401))) }
        let request = RenewalRequest(grant, credentials: credentials)
        let result = await exchange(request.call, beginBy: beginBy)
        if case .failed(let failure) = result, failure.isNotBegun { throw CallNotBegun() }
        return RenewalMapping.answer(to: result, for: request, now: now())
    }
}
