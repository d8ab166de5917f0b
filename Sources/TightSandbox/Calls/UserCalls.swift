/// The calls of one user.
package struct UserCalls: Codable, Equatable, Sendable {
    package private(set) var count = 0
    package private(set) var inFlight = 0
    package private(set) var maxConcurrent = 0
    /// The shortest time between the starts of consecutive calls, in microseconds; nil before the second call.
    package private(set) var leastGap: Int64?
    /// The latest calls, oldest first; all of them unless there were more than the sandbox keeps.
    package internal(set) var calls: [CallRecord] = []

    mutating func begin(_ call: CallRecord, keeping limit: Int) {
        if let previous = calls.last {
            leastGap = min(leastGap ?? .max, call.started - previous.started)
        }
        count += 1
        inFlight += 1
        maxConcurrent = max(maxConcurrent, inFlight)
        // Half are dropped at once, so that a long run copies each record once and not at every call.
        if calls.count >= 2 * limit { calls.removeFirst(limit) }
        calls.append(call)
    }

    mutating func end(
        _ number: Int,
        at moment: Int64,
        _ ending: CallRecord.Ending,
        status: Int?,
        bodyBytes: Int
    ) {
        inFlight -= 1
        guard let first = calls.first, calls.indices.contains(number - first.number) else { return }
        let index = number - first.number
        calls[index].ended = moment
        calls[index].ending = ending
        calls[index].status = status
        calls[index].bodyBytes = bodyBytes
    }
}
