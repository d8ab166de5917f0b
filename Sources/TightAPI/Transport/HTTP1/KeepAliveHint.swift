import NIOCore

/// How long the server keeps a connection, from the header `Keep-Alive`.
///
/// Source: RFC 2068 section 19.7.1.1; in use ever since.
struct KeepAliveHint: Equatable {
    /// How long it keeps a connection that is idle.
    private(set) var timeout: TimeAmount?
    /// How many more requests it takes.
    private(set) var requests: Int?

    /// Nil where nothing is said that can be understood.
    init?(_ value: String) {
        for parameter in value.split(separator: ",") {
            let parts = parameter.split(separator: "=", maxSplits: 1).map { $0.filter { $0 != " " && $0 != "\"" } }
            guard parts.count == 2, let number = Int(parts[1]), number >= 0 else { continue }
            switch parts[0].lowercased() {
            // A server that keeps connections for days is believed a day.
            case "timeout": timeout = .seconds(Int64(min(number, 86_400)))
            case "max": requests = number
            default: break
            }
        }
        if timeout == nil, requests == nil { return nil }
    }
}
