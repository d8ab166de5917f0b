import RefreshCore

/// The body of a pause of the fleet; no body at all pauses without an end and without a reason.
struct FleetPauseRequest: Codable, Equatable {
    let until: WireMoment?
    let reason: String?

    private enum CodingKeys: String, CodingKey, CaseIterable { case until, reason }

    init(until: Timestamp? = nil, reason: String? = nil) {
        self.until = until.map(WireMoment.init)
        self.reason = reason
    }

    init(from decoder: any Decoder) throws {
        try decoder.refuseUnknownKeys(CodingKeys.self)
        let container = try decoder.container(keyedBy: CodingKeys.self)
        until = try container.decodeIfPresent(WireMoment.self, forKey: .until)
        reason = try container.decodeIfPresent(String.self, forKey: .reason)
    }
}
