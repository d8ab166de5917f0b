import RefreshCore

extension Array<ScriptedBank.LoggedCall> {
    /// The least time, on the steady clock, between two calls of one user; nil when nobody was called twice.
    package func smallestGapPerUser() -> Duration? {
        var last: [[UInt8]: Duration] = [:]
        var smallest: Duration?
        for call in self {
            let user = call.token.secret.withBytes { [UInt8]($0) }
            if let previous = last[user] {
                smallest = Swift.min(smallest ?? .seconds(Int64.max / 2), call.beganAt - previous)
            }
            last[user] = call.beganAt
        }
        return smallest
    }

    /// The most calls that were under way at one moment.
    package func mostAtOnce() -> Int {
        let edges = flatMap { [($0.beganAt, 1), ($0.endedAt ?? .seconds(Int64.max / 2), -1)] }
            .sorted { ($0.0, $0.1) < ($1.0, $1.1) }
        var current = 0
        return edges.reduce(0) { most, edge in
            current += edge.1
            return Swift.max(most, current)
        }
    }
}
