import RefreshCore
import RefreshDaemon

/// What an export of tokens wrote, for people and programs.
struct TokenExportSummary: Codable {
    private static let mostNamed = 5

    /// Nil for standard output.
    var path: String?
    private(set) var users = 0
    private(set) var refreshTokens = 0
    /// Users with a token that does not open with the keys at hand.
    private(set) var unopened = 0
    private(set) var firstUnopened: [String] = []

    mutating func count(_ page: TokenExport.Page) {
        users += page.users
        refreshTokens += page.refreshTokens
        unopened += page.unopened.count
        firstUnopened += page.unopened.prefix(Self.mostNamed - firstUnopened.count).map(\.rawValue)
    }

    func text() -> String {
        let refresh = Count.of(refreshTokens, "refresh token")
        let whole =
            "exported \(Count.of(users, "user")) with their tokens in clear text, \(refresh) among them"
            + (path.map { ": \($0)" } ?? "") + "\n"
        guard unopened > 0 else { return whole }
        let rest = unopened > firstUnopened.count ? ", …" : ""
        return whole
            + "tokens of \(Count.of(unopened, "user")) do not open with the keys at hand, and are not exported: "
            + firstUnopened.joined(separator: ", ") + rest + "\n"
    }
}
