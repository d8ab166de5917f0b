package import RefreshCore

/// What an operator can ask for.
///
/// The daemon answers it over the control socket; on the store alone, when no daemon runs, whatever needs
/// one throws `daemonNotRunning`.
package protocol FleetOperating: Sendable {
    /// Adds users or gives stored ones a new token; one answer for each, in order.
    ///
    /// What a user has already is left as it is: group, expiry and refresh token that are not brought too. Of a user
    /// that comes from another store the later moments hold, and its token is not put over one that was issued later.
    /// The journal tells of each call, or of an import's parts once.
    func put(_ users: [UserEntry], part: ImportPart?) async throws -> [PutAnswer]
    /// What `put` would answer now; nothing is changed.
    func preview(_ users: [UserEntry]) async throws -> [PutAnswer]
    /// The ids of users in their order, after `after`; `limit` is 1 to 10,000.
    func ids(after: UserID?, limit: Int) async throws -> [UserID]
    func list(_ query: UserQuery) async throws -> [UserReport]
    /// As `list` in the order of ids, as JSON, a report a line: for whoever passes on a million of them.
    func lines(_ query: UserQuery) async throws -> [UInt8]
    /// As `export` of many, in the same form.
    func exportLines(after: UserID?, limit: Int) async throws -> [UInt8]
    func show(_ id: UserID) async throws -> UserReport
    /// A user's past attempts, newest first.
    func history(of id: UserID, _ query: HistoryQuery) async throws -> HistoryReport
    /// All that is stored of the user but the token.
    func export(_ id: UserID) async throws -> UserExport
    /// The same of users in the order of their ids, after `after`; `limit` is 1 to 10,000.
    func export(after: UserID?, limit: Int) async throws -> [UserExport]
    /// Removes the user, its token and its history.
    func remove(_ id: UserID) async throws
    /// As above for many; one answer for each, in order.
    ///
    /// The files are swept after the last part.
    func remove(_ ids: [UserID], _ terms: RemovalTerms) async throws -> [Removal]
    /// Has users follow the rules of a group, or everybody's; one answer for each, in order.
    func regroup(_ ids: [UserID], to group: GroupName?, part: ImportPart?) async throws -> [RegroupAnswer]
    /// Gives a user another id; what is stored of it, its least interval too, goes with it.
    func rename(_ id: UserID, to new: UserID) async throws -> UserReport
    func pause(_ id: UserID, until: Timestamp?) async throws -> UserReport
    func resume(_ id: UserID) async throws -> UserReport
    /// Refreshes now what the rules allow and waits for the answers; `force` sets the minimum interval and the day's budget
    /// aside.
    func refresh(_ ids: [UserID], force: Bool) async throws -> [RefreshReport]
    /// Makes due now whom the rules allow to be called, and returns at once: the schedule calls them as its limits allow.
    ///
    /// Holds over a restart. Needs no daemon.
    func queueRefresh(_ ids: [UserID]) async throws -> [RefreshReport]
    /// `reason` is the operator's own, and is shown until the pause ends.
    func pauseFleet(until: Timestamp?, reason: String?) async throws -> StatusReport
    func resumeFleet() async throws -> StatusReport
    func status() async throws -> StatusReport
    /// When users fall due, by the groups that have rules of their own; `count` is 1 to 10,000, `width` a second or more.
    func dueHistogram(from: Timestamp, width: Duration, count: Int) async throws -> DueHistogram
    func reload() async throws -> ReloadReport
    /// One step of giving back what the store takes of its disk and does not need; nil begins, `next` goes on.
    ///
    /// The queue waits for some milliseconds at a time.
    func compact(after mark: String?) async throws -> CompactionReport
    /// The keys at hand, and how far tokens are sealed anew.
    func keys() async throws -> KeyReport
    /// As `keys`, with how many tokens each key seals; reads the whole store.
    func keyUsage() async throws -> KeyReport
    /// Reads the keys again and seals anew what the first did not seal: the daemon in the background, else at once.
    func reloadKeys() async throws -> KeyReport
}

extension FleetOperating {
    package func put(_ users: [UserEntry]) async throws -> [PutAnswer] {
        try await put(users, part: nil)
    }

    package func pauseFleet(until: Timestamp?) async throws -> StatusReport {
        try await pauseFleet(until: until, reason: nil)
    }
}

/// A user as an operator brings it.
package struct UserEntry: Sendable, Equatable {
    package let id: UserID
    package let token: AccessToken
    package let group: GroupName?
    package var expiresAt: Timestamp?
    /// What the access token can be renewed with.
    package let refreshToken: AccessToken?
    /// How it stood in the store that it comes from; nil for a user of a list.
    package let standing: UserStanding?

    package init(
        id: UserID, token: AccessToken, group: GroupName? = nil, expiresAt: Timestamp? = nil,
        refreshToken: AccessToken? = nil, standing: UserStanding? = nil
    ) {
        self.id = id
        self.token = token
        self.group = group
        self.expiresAt = expiresAt
        self.refreshToken = refreshToken
        self.standing = standing
    }
}

/// Which users to list, and from where on.
package struct UserQuery: Sendable, Equatable, Codable {
    package var state: UserState.Kind?
    /// Only users that are parked for this.
    package var parkReason: ParkReason?
    package var outcome: OutcomeKind?
    package var group: String?
    /// Only users that were not refreshed since this moment, or never.
    package var notRefreshedSince: Timestamp?
    /// Only users whose token is known to expire before this moment.
    package var expiringBefore: Timestamp?
    /// Nil is by id; then alone there are pages.
    package var order: UserOrder?
    /// The id after which to go on; ids come in order.
    package var after: String?
    /// 1 to 10,000.
    package var limit: Int

    package init(
        state: UserState.Kind? = nil,
        parkReason: ParkReason? = nil,
        outcome: OutcomeKind? = nil,
        group: String? = nil,
        notRefreshedSince: Timestamp? = nil,
        expiringBefore: Timestamp? = nil,
        order: UserOrder? = nil,
        after: String? = nil,
        limit: Int = 1_000
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
}
