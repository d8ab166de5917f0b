/// What whoever imports a file has to be told though nothing in it is wrong.
package enum ImportNotice: Equatable, Sendable, CustomStringConvertible {
    /// So many users came with a refresh token, which nothing keeps.
    case refreshTokensIgnored(Int)

    package var description: String {
        switch self {
        case .refreshTokensIgnored(let count):
            "\(count) \(count == 1 ? "user has" : "users have") a refresh token; "
                + "this version keeps no refresh tokens: bring new access tokens before the old ones expire"
        }
    }
}
