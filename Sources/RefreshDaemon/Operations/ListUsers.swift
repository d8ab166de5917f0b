package import RefreshCore

/// Users in the order of their ids, or the first users of another order.
///
/// A page shorter than the limit is the last.
package struct ListUsers: UserListing {
    package static let name = "list-users"

    package let query: UserQuery

    package init(_ query: UserQuery) {
        self.query = query
    }

    package func validate() throws(FieldProblem) {
        try query.validate()
        if let order = query.order, query.after != nil {
            throw FieldProblem(field: "after", "goes with the order of ids, not with \(order.rawValue)")
        }
    }

    package func run(with store: StoreContext) async throws -> [UserReport] {
        let limit = query.limit ?? UserQuery.usualLimit
        guard let order = query.order else {
            return try await store.store.users(matching: query.filter, after: query.after, limit: limit)
                .map(UserReport.init)
        }
        return try await store.store.users(matching: query.filter, by: order, limit: limit).map(UserReport.init)
    }
}

/// An operation whose parameters are those of a query.
package protocol UserListing: Operation where CodingKeys == UserQuery.CodingKeys {
    var query: UserQuery { get }

    init(_ query: UserQuery)
}

extension UserListing {
    package init(from decoder: any Decoder) throws {
        self.init(try UserQuery(from: decoder))
    }

    package func encode(to encoder: any Encoder) throws {
        try query.encode(to: encoder)
    }
}

/// Which users to list, and where to begin.
package struct UserQuery: Sendable, Equatable, Codable {
    package enum CodingKeys: String, CodingKey, CaseIterable {
        case state, parkReason, outcome, group, notRefreshedSince, expiringBefore
        case order = "sort"
        case after, limit
    }

    package static let usualLimit = 1_000

    package var state: UserState.Kind?
    /// Only users that are parked for this reason.
    package var parkReason: ParkReason?
    /// Only users whose latest attempt had this outcome.
    package var outcome: OutcomeKind?
    package var group: GroupName?
    /// Only users that were not refreshed since this time, or never.
    package var notRefreshedSince: Timestamp?
    /// Only users whose token is known to expire before this time.
    package var expiringBefore: Timestamp?
    /// Lists the first `limit` users in this order instead of the order of ids.
    ///
    /// There are no further pages.
    package var order: UserOrder?
    /// The last id of the previous page.
    package var after: UserID?
    /// From 1 to 10,000, as lines to 100,000; 1,000 by default.
    package var limit: Int?

    package init(
        state: UserState.Kind? = nil,
        parkReason: ParkReason? = nil,
        outcome: OutcomeKind? = nil,
        group: GroupName? = nil,
        notRefreshedSince: Timestamp? = nil,
        expiringBefore: Timestamp? = nil,
        order: UserOrder? = nil,
        after: UserID? = nil,
        limit: Int? = nil
    ) {
        self.state = state
        self.parkReason = parkReason
        self.outcome = outcome
        self.group = group
        self.notRefreshedSince = notRefreshedSince
        self.expiringBefore = expiringBefore
        self.order = order
        self.after = after
        self.limit = limit
    }

    func validate(longest: Int = 10_000) throws(FieldProblem) {
        try FieldProblem.check(limit, within: 1...longest, field: "limit")
    }

    var filter: UserFilter {
        var filter = UserFilter.all
        filter.state = state
        filter.parkReason = parkReason
        filter.outcome = outcome
        filter.group = group
        filter.notRefreshedSince = notRefreshedSince
        filter.expiringBefore = expiringBefore
        return filter
    }
}
