import RefreshCore

/// A request for a pair of tokens, with fingerprints in the place of its secrets.
struct TokenRequest: Sendable {
    enum Grant: Sendable {
        case refreshToken(TokenFingerprint)
        case clientCredentials(user: String)
        /// One that cannot be judged, and what it is answered.
        case unusable(TokenRefusal)
    }

    let clientID: String?
    let clientSecret: TokenFingerprint?
    let grant: Grant

    /// The body as it came; `nil` for one that is no form.
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
