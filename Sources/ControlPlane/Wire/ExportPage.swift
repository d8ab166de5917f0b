import RefreshDaemon

/// The answer to `GET /v1/export`; the next page begins after the last user's id.
struct ExportPage: Codable, Equatable {
    let users: [UserExport]
}
