import ArgumentParser
import RefreshCore
import RefreshDaemon

/// The orders that users can be listed in.
enum ListOrder: String, ExpressibleByArgument, CaseIterable {
    case id, due
    case lastSuccess = "last-success"
    case failures, expiry

    /// Nil for the order of the ids, which alone comes in pages.
    var order: UserOrder? { UserOrder(rawValue: rawValue) }

    /// The column that shows what is sorted by, where no other does.
    var heading: String? {
        switch self {
        case .id, .due: nil
        case .lastSuccess: "LAST SUCCESS"
        case .failures: "FAILURES"
        case .expiry: "TOKEN EXPIRES"
        }
    }

    func value(of user: UserReport) -> String? {
        switch self {
        case .id, .due: nil
        case .lastSuccess: user.lastSuccess ?? "never"
        case .failures: "\(user.failures)"
        case .expiry: user.tokenExpiresAt ?? "-"
        }
    }
}
