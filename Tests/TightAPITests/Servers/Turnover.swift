/// How an HTTP/2 server ends connections that have served enough requests.
struct Turnover: Sendable {
    /// Requests that one connection serves; with the last one comes GOAWAY.
    let requests: Int
    /// Whether streams beyond it are reset with REFUSED_STREAM, or just forgotten.
    var resets = false
}
