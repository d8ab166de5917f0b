import HummingbirdCore
import Logging
import NIOCore
import NIOSSL
import Synchronization

/// How the page may be reached: with or without TLS, with or without a login.
///
/// A reload changes it. A connection keeps what it began with, and lasts for one request.
package final class WebAccess: Sendable {
    package struct State: Sendable {
        /// Nil for clear text.
        package var tls: WebTLS?
        /// Nil if every client that can connect may see the page.
        package var login: WebLogin?

        package init(tls: WebTLS? = nil, login: WebLogin? = nil) {
            self.tls = tls
            self.login = login
        }
    }

    private let state: Mutex<State>

    package init(_ state: State = State()) {
        self.state = Mutex(state)
    }

    package var current: State { state.withLock(\.self) }

    package func replace(with new: State) {
        state.withLock { $0 = new }
    }
}

/// Why a file that configures access to the page cannot be used.
package protocol WebAccessProblem: Error, CustomStringConvertible {
    var remedy: String { get }
}

/// A connection that begins with TLS, if TLS is configured at that moment.
struct AccessChannel<Base: ServerChildChannel>: ServerChildChannel {
    let base: Base
    let access: WebAccess

    func setup(channel: any Channel, logger: Logger) -> EventLoopFuture<Base.Value> {
        channel.eventLoop.makeCompletedFuture {
            guard let tls = access.current.tls else { return }
            try channel.pipeline.syncOperations.addHandler(NIOSSLServerHandler(context: tls.context))
        }.flatMap { base.setup(channel: channel, logger: logger) }
    }

    func handle(value: Base.Value, logger: Logger) async {
        await base.handle(value: value, logger: logger)
    }
}
