import RefreshCore

/// The body of a pause; no body at all pauses without an end.
struct PauseRequest: Codable, Equatable {
    let until: WireMoment?

    private enum CodingKeys: String, CodingKey, CaseIterable { case until }

    init(until: Timestamp?) {
        self.until = until.map(WireMoment.init)
    }

    init(from decoder: any Decoder) throws {
        try decoder.refuseUnknownKeys(CodingKeys.self)
        until = try decoder.container(keyedBy: CodingKeys.self).decodeIfPresent(
            WireMoment.self,
            forKey: .until
        )
    }
}
