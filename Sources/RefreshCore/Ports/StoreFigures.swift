/// What a store counts for a view of all users.
package struct StoreFigures: Equatable, Sendable {
    package var census: Census
    /// Nil if it was not requested.
    package var expiry: FleetSnapshot.Expiry?
    /// The attempts of the last day.
    package var tallies: [AttemptTally]
    package var groups: [GroupSize]
    /// Nil if the store uses no disk of this machine, or cannot tell.
    package var space: StoreSpace?

    package init(
        census: Census, expiry: FleetSnapshot.Expiry?, tallies: [AttemptTally], groups: [GroupSize],
        space: StoreSpace? = nil
    ) {
        self.census = census
        self.expiry = expiry
        self.tallies = tallies
        self.groups = groups
        self.space = space
    }
}

extension UserStore {
    package func figures(now: Timestamp, withExpiry: Bool) async throws(StoreProblem) -> StoreFigures? {
        try await figuresInTurn(now: now, withExpiry: withExpiry)
    }

    /// Asks one question after the other, for a store on this machine.
    package func figuresInTurn(now: Timestamp, withExpiry: Bool) async throws(StoreProblem) -> StoreFigures {
        StoreFigures(
            census: try await census(now: now), expiry: withExpiry ? try await expiry(now: now) : nil,
            tallies: try await attemptTallies(since: now.advanced(by: .zero - .days(1))),
            groups: try await groupSizes(), space: try? await space())
    }

    /// Counts each token once: if many live for an hour, every span would contain all of them.
    private func expiry(now: Timestamp) async throws(StoreProblem) -> FleetSnapshot.Expiry {
        var expiry = FleetSnapshot.Expiry()
        expiry.expired = try await tokensExpiring(after: .epoch, until: now)
        func count(_ from: Int64, _ to: Int64) async throws(StoreProblem) -> Int {
            try await tokensExpiring(
                after: now.advanced(by: .days(from)), until: now.advanced(by: .days(to)))
        }
        expiry.withinDay = try await expiry.expired + count(0, 1)
        expiry.withinWeek = try await expiry.withinDay + count(1, 7)
        expiry.withinMonth = try await expiry.withinWeek + count(7, 30)
        return expiry
    }
}
