/// The body of a step of compacting the store; no body at all begins.
struct CompactionRequest: Codable, Equatable {
    /// `next` of the step before.
    let after: String?

    private enum CodingKeys: String, CodingKey, CaseIterable { case after }

    init(after: String?) {
        self.after = after
    }

    init(from decoder: any Decoder) throws {
        try decoder.refuseUnknownKeys(CodingKeys.self)
        after = try decoder.container(keyedBy: CodingKeys.self).decodeIfPresent(String.self, forKey: .after)
    }
}
