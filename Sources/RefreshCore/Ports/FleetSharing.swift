/// How the daemons that share a store communicate through it: they are its fleet, each of them a member.
///
/// Every time is on the store's calendar. A daemon without this port has its store to itself.
package protocol FleetSharing: Sendable {
    /// The store's place, for messages.
    var place: String { get }

    /// Reports that this member is alive and returns the state of the fleet; the first beat joins it.
    ///
    /// Fails within a few seconds if the store does not answer.
    func beat(_ report: MemberReport) async throws(StoreProblem) -> FleetState

    /// Joins like `beat`; if no other member works with the store, `settings` become the fleet's in the same moment.
    ///
    /// If another server has just taken over the store, no member joins, and the returned state says so.
    func join(_ report: MemberReport, settings: String) async throws(StoreProblem) -> FleetState

    /// The fleet's settings; nil if none were published.
    func settings() async throws(StoreProblem) -> FleetSettings?

    /// Publishes `text` as the fleet's settings if their version is still `base`; nil if another member was first.
    ///
    /// With a `version`, the settings are those that a server which took over lacks, and keep that version.
    func publish(_ text: String, as version: Int64?, over base: Int64?) async throws(StoreProblem) -> FleetSettings?

    /// Makes this member's claims name the version of its settings; claims under another version get no users.
    func follow(settingsVersion: Int64)

    /// Removes this member from the fleet, so that the others get its share at once.
    func leave() async throws(StoreProblem)

    /// Makes every member add `debt` to minimum intervals that span its moment; durable before it returns.
    ///
    /// A known debt for the same step moves to the later of the two moments instead, unless this one `isAnother`.
    func announce(_ debt: CalendarDebt, isAnother: Bool) async throws(StoreProblem)

    /// Claims `duty` for this member for the next 15 s; false if another member has it.
    func hold(_ duty: FleetDuty) async throws(StoreProblem) -> Bool

    /// Makes all calls wait as Tight asked: no member claims before the end of `pause`.
    ///
    /// Ignored if a longer wait is known, unless that one begins in the future because the calendar was set back.
    func throttle(_ pause: Throttling.Pause) async throws(StoreProblem)

    /// Ends that wait early, at an operator's request.
    func endThrottling() async throws(StoreProblem)

    /// Opens the fleet's breaker as this member's: no member claims before `opening.until`.
    ///
    /// Ignored while the breaker is open for longer, except from the member that probes.
    func openBreaker(_ opening: Breaker.Opening) async throws(StoreProblem)

    /// Requests the right to probe, for the next `span`, once the pause is over; one member has it at a time.
    func probe(for span: Duration) async throws(StoreProblem) -> Bool

    /// Closes the fleet's breaker after probes were answered: all members call again.
    func closeBreaker() async throws(StoreProblem)

    /// Returns when something changed that members must know before their next beat.
    ///
    /// If the store cannot notify them, it returns after a few seconds. Cancellation ends it too.
    func changed() async
}

/// Work that one member does for all.
package enum FleetDuty: String, CaseIterable, Sendable {
    case alerts, history
}

package struct MemberReport: Equatable, Sendable, Codable {
    /// The ids of the keys that it can open tokens with, the sealing one first.
    package var keys: [String] = []
    /// The version of the fleet's settings that it follows; nil if it follows none.
    package var settingsVersion: Int64?
    /// Where its host's file differs from these settings.
    package var differences: [SettingDifference] = []
    package var callsInFlight = 0
    /// Attempts that ended since it started.
    package var calls = 0
    /// Whether its breaker is open because it hears nothing from the API: it alone may be cut off.
    package var hearsNothing = false
    /// The limits of the whole fleet, as it knows them; they bound an estimate of what was called.
    package var requestsPerSecond = 0.0
    package var concurrency = 0
    /// The server that it has the store on, in words; nil if it does not say.
    package var server: String?

    package init(keys: [String] = []) {
        self.keys = keys
    }

    /// Decodes reports of other versions, which may have fewer fields, or more.
    package init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        keys = try container.decodeIfPresent([String].self, forKey: .keys) ?? []
        settingsVersion = try container.decodeIfPresent(Int64.self, forKey: .settingsVersion)
        differences = try container.decodeIfPresent([SettingDifference].self, forKey: .differences) ?? []
        callsInFlight = try container.decodeIfPresent(Int.self, forKey: .callsInFlight) ?? 0
        calls = try container.decodeIfPresent(Int.self, forKey: .calls) ?? 0
        hearsNothing = try container.decodeIfPresent(Bool.self, forKey: .hearsNothing) ?? false
        requestsPerSecond = try container.decodeIfPresent(Double.self, forKey: .requestsPerSecond) ?? 0
        concurrency = try container.decodeIfPresent(Int.self, forKey: .concurrency) ?? 0
        server = try container.decodeIfPresent(String.self, forKey: .server)
    }
}
