/// What daemons that share a store tell each other through it: they are its fleet, each of them a member.
///
/// Every moment is on the store's calendar. Nil in place of this port, a daemon has its store to itself.
package protocol FleetSharing: Sendable {
    /// The store's, for messages.
    var place: String { get }

    /// Says that this member lives, and returns how the fleet stands; the first time it joins.
    ///
    /// Fails within a few seconds if the store does not answer.
    func beat(_ report: MemberReport) async throws(StoreProblem) -> FleetState

    /// As `beat`, for a member that joins: if no other works with the store, `settings` are the fleet's from the same moment
    /// on. Where another server has just taken the store over, nobody joins: the state that comes back says so.
    func join(_ report: MemberReport, settings: String) async throws(StoreProblem) -> FleetState

    /// The settings that all have in common; nil where nobody published any.
    func settings() async throws(StoreProblem) -> FleetSettings?

    /// Makes `text` the settings of all, if those of the version `base` still are: nil if another member was sooner.
    ///
    /// With a `version`, they are what a server that took another's place lacks, and keep it.
    func publish(_ text: String, as version: Int64?, over base: Int64?) async throws(StoreProblem) -> FleetSettings?

    /// Has claims of this member name the version of the settings by which it calls. Under another they bring nobody.
    func follow(settingsVersion: Int64)

    /// Takes this member out of the fleet, so that others have its share at once.
    func leave() async throws(StoreProblem)

    /// Has every member add `debt` to the floors that span its moment. Returns once it is durable.
    ///
    /// One about the same step that is there already moves to the later of both moments, unless this `isAnother`.
    func announce(_ debt: CalendarDebt, isAnother: Bool) async throws(StoreProblem)

    /// Whether this member has `duty`: one member of the fleet at a time, for 15 s from now on.
    func hold(_ duty: FleetDuty) async throws(StoreProblem) -> Bool

    /// Tight wants all calls to wait: no member claims before the end. Ignored where it is known to want more, unless that
    /// begins later than now: the calendar was set back since.
    func throttle(_ pause: Throttling.Pause) async throws(StoreProblem)

    /// An operator goes on before that end.
    func endThrottling() async throws(StoreProblem)

    /// Opens the breaker of the fleet: no member claims before `opening.until`. Ignored while it is open until later,
    /// except from the member that probes.
    func openBreaker(_ opening: FleetBreaker) async throws(StoreProblem)

    /// Asks for the right to probe, once the pause is over: for one member at a time, for `span` from now on.
    func probe(for span: Duration) async throws(StoreProblem) -> Bool

    /// Probes were answered: all members call again.
    func closeBreaker() async throws(StoreProblem)

    /// Ends when something changed that members have to know sooner than with their next beat; after a few seconds where
    /// the store can tell nobody. Cancelling ends it too.
    func changed() async
}

/// Work that one member does for all.
package enum FleetDuty: String, CaseIterable, Sendable {
    case alerts, history
}

/// What a member tells of itself.
package struct MemberReport: Equatable, Sendable, Codable {
    /// The ids of the keys that it can open tokens with, the sealing one first.
    package var keys: [String]
    /// The version of the fleet's settings that it follows; nil if it follows none.
    package var settingsVersion: Int64?
    /// Where the file of its host says otherwise than these.
    package var differences: [SettingDifference]
    package var callsInFlight: Int
    /// Attempts that ended since it started.
    package var calls: Int
    /// Its breaker is open since it hears nothing of the API: it may be cut off by itself.
    package var hearsNothing = false
    /// The limits of the whole fleet as it knows them: who has to guess what was called bounds it by them.
    package var requestsPerSecond = 0.0
    package var concurrency = 0
    /// The server that it has the store on, in words; nil where it does not tell.
    package var server: String?

    package init(
        keys: [String] = [], settingsVersion: Int64? = nil, differences: [SettingDifference] = [],
        callsInFlight: Int = 0, calls: Int = 0
    ) {
        self.keys = keys
        self.settingsVersion = settingsVersion
        self.differences = differences
        self.callsInFlight = callsInFlight
        self.calls = calls
    }
}

extension MemberReport {
    /// Another version may tell less, or more.
    package init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        self.init(
            keys: try container.decodeIfPresent([String].self, forKey: .keys) ?? [],
            settingsVersion: try container.decodeIfPresent(Int64.self, forKey: .settingsVersion),
            differences: try container.decodeIfPresent([SettingDifference].self, forKey: .differences) ?? [],
            callsInFlight: try container.decodeIfPresent(Int.self, forKey: .callsInFlight) ?? 0,
            calls: try container.decodeIfPresent(Int.self, forKey: .calls) ?? 0)
        hearsNothing = try container.decodeIfPresent(Bool.self, forKey: .hearsNothing) ?? false
        requestsPerSecond = try container.decodeIfPresent(Double.self, forKey: .requestsPerSecond) ?? 0
        concurrency = try container.decodeIfPresent(Int.self, forKey: .concurrency) ?? 0
        server = try container.decodeIfPresent(String.self, forKey: .server)
    }
}
