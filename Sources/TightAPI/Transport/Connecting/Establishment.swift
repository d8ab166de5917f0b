import NIOCore
import NIOTLS
import RefreshCore

/// Leads a connection from TCP to where HTTP begins: through the proxy's tunnel and TLS, as needed.
///
/// Confined to its event loop.
final class Establishment: ChannelInboundHandler, RemovableChannelHandler {
    typealias InboundIn = Any

    enum Stage {
        case connecting, tunnelling, handshaking, established
    }

    enum Event {
        case tunnelled
        /// HTTP can begin; the server chose this protocol, or none.
        case established(_ chosen: String?)
        case failed(TransportFailure.Cause)
    }

    private let connector: Connector
    private(set) var stage = Stage.connecting
    /// Nil before the handshake, and for plain http.
    private(set) var tls: WatchedTLS?
    private var channel: (any Channel)?
    private var report: ((Event) -> Void)?

    init(_ connector: Connector) {
        self.connector = connector
    }

    /// What stands in the way at the current stage.
    var hindrance: TransportFailure.Cause {
        switch stage {
        case .connecting: connector.proxy == nil ? .notConnected : .proxy(.notReached)
        case .tunnelling: .proxy(.noAnswer)
        case .handshaking: .handshakeFailed
        case .established: .notConnected
        }
    }

    /// Goes on with a channel that is connected, and reports until `end` or `leave`.
    func begin(on channel: any Channel, report: @escaping (Event) -> Void) throws {
        self.channel = channel
        self.report = report
        try channel.pipeline.syncOperations.addHandler(self)
        guard connector.proxy != nil else { return try secure() }
        stage = .tunnelling
        let tunnel = connector.makeTunnelHandler { self.tunnelled($0) }
        try channel.pipeline.syncOperations.addHandler(tunnel, position: .first)
    }

    /// Reports nothing more.
    func end() {
        report = nil
    }

    /// As `end`, and leaves the channel to HTTP.
    func leave() {
        end()
        channel?.pipeline.syncOperations.removeHandler(self, promise: nil)
    }

    private func tunnelled(_ hindrance: TransportFailure.Cause?) {
        guard let report else { return }
        if let hindrance { return report(.failed(hindrance)) }
        report(.tunnelled)
        do {
            try secure()
        } catch {
            report(.failed(self.hindrance))
        }
    }

    private func secure() throws {
        stage = .handshaking
        tls = try connector.makeTLS()
        guard let tls else { return established(nil) }
        try channel?.pipeline.syncOperations.addHandler(tls.handler, position: .first)
    }

    private func established(_ chosen: String?) {
        stage = .established
        report?(.established(chosen))
    }

    /// The channel failed or is closed.
    private func lost(_ error: (any Error)?) {
        let cause: TransportFailure.Cause? =
            switch stage {
            case .connecting, .tunnelling: nil
            case .handshaking: error.map { TransportFailure.Cause(establishing: $0, tls: tls) }
            // In TLS 1.3, a server that refuses the client says so after the client has completed its handshake.
            case .established: error.flatMap { TransportFailure.Cause(alert: $0) }
            }
        report?(.failed(cause ?? hindrance))
    }

    // MARK: ChannelInboundHandler

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if stage == .handshaking, case .handshakeCompleted(let chosen)? = event as? TLSUserEvent { established(chosen) }
        context.fireUserInboundEventTriggered(event)
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        lost(error)
        context.fireErrorCaught(error)
    }

    func channelInactive(context: ChannelHandlerContext) {
        lost(nil)
        context.fireChannelInactive()
    }
}
