/// Why a request for tokens is refused; the words of RFC 6749 section 5.2.
struct TokenRefusal: Error, Sendable {
    let status: Int
    let outcome: RenewalRecord.Outcome
    let description: String

    static let invalidClient = TokenRefusal(
        status: 401,
        outcome: .invalidClient,
        description: "The client is unknown, or its secret is wrong."
    )
    static let unsupportedGrantType = TokenRefusal(
        status: 400,
        outcome: .unsupportedGrantType,
        description: "There are refresh_token and client_credentials."
    )

    static func invalidGrant(_ description: String) -> TokenRefusal {
        TokenRefusal(status: 400, outcome: .invalidGrant, description: description)
    }

    static func invalidRequest(_ description: String) -> TokenRefusal {
        TokenRefusal(status: 400, outcome: .invalidRequest, description: description)
    }
}
