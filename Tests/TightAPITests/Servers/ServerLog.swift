import Synchronization

/// What a server saw, and a way to wait for it.
final class ServerLog: Sendable {
    private let seen = Mutex((connections: 0, requests: [String]()))
    private let arrival: AsyncStream<Void>.Continuation
    /// One element per request.
    let arrivals: AsyncStream<Void>

    init() {
        (arrivals, arrival) = AsyncStream.makeStream()
    }

    var connections: Int { seen.withLock { $0.connections } }
    /// The raw heads of all requests, up to and with the empty line.
    var requests: [String] { seen.withLock { $0.requests } }

    func connected() {
        seen.withLock { $0.connections += 1 }
    }

    func received(_ request: String) -> Int {
        let index = seen.withLock { seen in
            seen.requests.append(request)
            return seen.requests.count - 1
        }
        arrival.yield()
        return index
    }
}
