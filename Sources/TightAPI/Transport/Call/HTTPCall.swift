import RefreshCore

/// One request to the host that a client is configured for.
struct HTTPCall: Sendable {
    var method = "POST"
    /// Below the base URL; begins with a slash.
    let path: String
    /// The limits of the answer.
    var accept = "application/json"
    /// Further fields; names in lower case.
    ///
    /// `host`, `user-agent` and `content-length` are the transport's.
    var headers: [(name: String, value: String)] = []
    /// Sent as `Authorization: Bearer`.
    var bearer: AccessToken?
    /// Some kilobytes at most; empty where there is none.
    ///
    /// Its type is `content-type` in the headers.
    var body = Secret([])
}
