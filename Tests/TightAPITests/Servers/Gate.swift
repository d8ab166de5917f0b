import NIOCore
import NIOPosix
import Synchronization

/// Opens when so many have come.
final class Gate: Sendable {
    private let missing: Mutex<Int>
    private let opening = MultiThreadedEventLoopGroup.singleton.any().makePromise(of: Void.self)

    init(_ count: Int) {
        missing = Mutex(count)
    }

    /// Done when the gate is open.
    func arrive() -> EventLoopFuture<Void> {
        let isLast = missing.withLock { missing in
            missing -= 1
            return missing == 0
        }
        if isLast { opening.succeed() }
        return opening.futureResult
    }

    deinit {
        // A promise must be kept; a test that is over needs it no more.
        opening.succeed()
    }
}
