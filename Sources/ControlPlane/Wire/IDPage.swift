/// The answer to `GET /v1/ids`; the next page begins after the last id.
struct IDPage: Codable, Equatable {
    let ids: [WireUserID]
}
