import Glibc
import NIOCore
import Synchronization

/// What a server saw, and a way to wait for it.
final class ServerLog: Sendable {
    private let seen = Mutex((connections: 0, requests: [String](), atOnce: 0, declined: 0, pings: 0, brokenOff: 0))
    private let arrival: AsyncStream<Void>.Continuation
    private let end: AsyncStream<Void>.Continuation
    private let withdrawal: AsyncStream<Void>.Continuation
    /// One element per request.
    let arrivals: AsyncStream<Void>
    /// One element per connection that ended.
    let ends: AsyncStream<Void>
    /// One element per stream that the client reset.
    let resets: AsyncStream<Void>

    init() {
        (arrivals, arrival) = AsyncStream.makeStream()
        (ends, end) = AsyncStream.makeStream()
        (resets, withdrawal) = AsyncStream.makeStream()
    }

    var connections: Int { seen.withLock { $0.connections } }
    /// The raw heads of all requests, up to and with the empty line.
    var requests: [String] { seen.withLock { $0.requests } }

    /// The most requests that one connection had open at once.
    var mostAtOnce: Int { seen.withLock { $0.atOnce } }

    /// Streams that came when their connection took no more.
    var declinedStreams: Int { seen.withLock { $0.declined } }

    /// Pings that came.
    var pings: Int { seen.withLock { $0.pings } }

    /// Connections that ended with a RST.
    var brokenOff: Int { seen.withLock { $0.brokenOff } }

    func failed(_ error: any Error) {
        if (error as? IOError)?.errnoCode == ECONNRESET { seen.withLock { $0.brokenOff += 1 } }
    }

    func pinged() {
        seen.withLock { $0.pings += 1 }
    }

    func declined() {
        seen.withLock { $0.declined += 1 }
    }

    func connected() {
        seen.withLock { $0.connections += 1 }
    }

    func disconnected() { end.yield() }

    func reset() { withdrawal.yield() }

    func received(_ request: String, atOnce count: Int = 1) -> Int {
        let index = seen.withLock { seen in
            seen.atOnce = max(seen.atOnce, count)
            seen.requests.append(request)
            return seen.requests.count - 1
        }
        arrival.yield()
        return index
    }
}
