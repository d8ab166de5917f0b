import RefreshCore

/// A request for a pair of tokens, with fingerprints in place of its secrets.
struct TokenRequest: Sendable {
    enum Grant: Sendable {
        case refreshToken(TokenFingerprint)
        case clientCredentials(user: String)
        /// A grant that cannot be evaluated, with its answer.
        case unusable(TokenRefusal)
    }

    let clientID: String?
    let clientSecret: TokenFingerprint?
    let grant: Grant

    /// Reads the parsed body; nil means that it is not a form.
    init(_ form: TokenForm?) {
        clientID = form?.text("client_id")
        clientSecret = form?["client_secret"].map { TokenFingerprint(of: $0) }
        guard let form else {
            grant = .unusable(.invalidRequest("The form cannot be read, or a field comes twice."))
            return
        }
        switch form.text("grant_type") {
        case "refresh_token":
            grant =
                form["refresh_token"].map { .refreshToken(TokenFingerprint(of: $0)) }
                ?? .unusable(.invalidRequest("refresh_token is missing."))
        case "client_credentials":
            grant =
                form.text("userId").map { .clientCredentials(user: $0) }
                ?? .unusable(.invalidRequest("userId is missing."))
        case nil: grant = .unusable(.invalidRequest("grant_type is missing."))
        default: grant = .unusable(.unsupportedGrantType)
        }
    }

    var grantName: RenewalRecord.Grant {
        switch grant {
        case .refreshToken: .refreshToken
        case .clientCredentials: .clientCredentials
        case .unusable: .none
        }
    }
}

/// The fields of an `application/x-www-form-urlencoded` body.
///
/// Source: RFC 6749 appendix B and section 3.2: a field without a value counts as omitted, and no field may be
/// repeated.
struct TokenForm {
    private var fields: [String: [UInt8]] = [:]

    /// Nil if a field is repeated or a `%` is not followed by two hex digits.
    init?(_ body: [UInt8]) {
        for field in body.split(separator: UInt8(ascii: "&")) {
            let plain = field.map { $0 == UInt8(ascii: "+") ? UInt8(ascii: " ") : $0 }
            let parts = plain.split(separator: UInt8(ascii: "="), maxSplits: 1, omittingEmptySubsequences: false)
            guard let name = parts.first.flatMap(percentDecoded),
                let value = parts.count > 1 ? percentDecoded(parts[1]) : [],
                fields.updateValue(value, forKey: String(decoding: name, as: UTF8.self)) == nil
            else { return nil }
        }
    }

    subscript(name: String) -> [UInt8]? {
        fields[name].flatMap { $0.isEmpty ? nil : $0 }
    }

    func text(_ name: String) -> String? {
        self[name].map { String(decoding: $0, as: UTF8.self) }
    }
}

/// Resolves percent-encoding (RFC 3986 section 2.1); nil if a `%` is not followed by two hex digits.
func percentDecoded(_ text: ArraySlice<UInt8>) -> [UInt8]? {
    var bytes: [UInt8] = []
    var rest = text
    while var byte = rest.popFirst() {
        if byte == UInt8(ascii: "%") {
            let digits = rest.prefix(2)
            guard digits.count == 2, digits.allSatisfy({ Character(Unicode.Scalar($0)).isHexDigit }),
                let value = UInt8(String(decoding: digits, as: UTF8.self), radix: 16)
            else { return nil }
            byte = value
            rest = rest.dropFirst(2)
        }
        bytes.append(byte)
    }
    return bytes
}

/// Why a token request is refused, in the terms of RFC 6749 section 5.2.
struct TokenRefusal: Error, Sendable {
    let outcome: RenewalRecord.Outcome
    let description: String

    var status: Int { outcome == .invalidClient ? 401 : 400 }

    static let invalidClient = TokenRefusal(
        outcome: .invalidClient,
        description: "The client is unknown, or its secret is wrong."
    )
    static let unsupportedGrantType = TokenRefusal(
        outcome: .unsupportedGrantType,
        description: "There are refresh_token and client_credentials."
    )

    static func invalidGrant(_ description: String) -> TokenRefusal {
        TokenRefusal(outcome: .invalidGrant, description: description)
    }

    static func invalidRequest(_ description: String) -> TokenRefusal {
        TokenRefusal(outcome: .invalidRequest, description: description)
    }
}
