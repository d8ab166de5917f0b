import Glibc
import NIOCore
import NIOPosix
import NIOSSL
import RefreshCore

/// Tests the path to the host over one address, up to the start of HTTP; confined to its event loop.
final class AddressCheck: Establishing {
    private enum Stage { case connecting, tunnelling, handshaking, over }

    private let connector: Connector
    private let address: SocketAddress
    private let eventLoop: any EventLoop
    private let report: (ConnectionHop) -> Void
    private var done: (() -> Void)?
    private var stage = Stage.connecting
    private var channel: (any Channel)?
    private var tls: WatchedTLS?
    private var timer: Scheduled<Void>?
    private let begin = NIODeadline.now()

    /// Calls `report` with each hop, whether it succeeds or fails.
    init(
        _ connector: Connector, over address: SocketAddress, on eventLoop: any EventLoop,
        report: @escaping (ConnectionHop) -> Void
    ) {
        self.connector = connector
        self.address = address
        self.eventLoop = eventLoop
        self.report = report
    }

    /// Calls `done` when the check ends, whatever its result.
    func begin(limit: TimeAmount, done: @escaping () -> Void) {
        self.done = done
        timer = eventLoop.assumeIsolated().scheduleTask(in: limit) {
            self.fail(self.hindrance, because: "no answer in time")
        }
        ClientBootstrap(group: eventLoop).connectTimeout(limit).connect(to: address).assumeIsolated().whenComplete {
            switch $0 {
            case .success(let channel): self.connected(channel)
            case .failure(let error): self.fail(self.hindrance, because: Self.reason(in: error))
            }
        }
    }

    private var hindrance: TransportFailure.Cause {
        switch stage {
        case .connecting: connector.proxy == nil ? .notConnected : .proxy(.notReached)
        case .tunnelling: .proxy(.noAnswer)
        case .handshaking, .over: .handshakeFailed
        }
    }

    private var place: ConnectionHop.Place {
        switch stage {
        case .connecting: .address
        case .tunnelling: .proxy
        case .handshaking, .over: .tls
        }
    }

    /// The target of the current hop.
    private var subject: String {
        switch stage {
        case .connecting: address.shown
        case .tunnelling: connector.proxy?.description ?? address.shown
        case .handshaking, .over: connector.endpoint.host
        }
    }

    private func good(_ found: String, _ place: ConnectionHop.Place? = nil, state: ConnectionHop.State = .good) {
        report(ConnectionHop(place: place ?? self.place, subject: subject, state: state, found: found))
    }

    private func fail(_ cause: TransportFailure.Cause, because reason: String? = nil) {
        guard stage != .over else { return }
        let hop = ConnectionHop(place, subject, failed: cause)
        report(reason.map(hop.because) ?? hop)
        end()
    }

    /// The system's error for a failed connection.
    private static func reason(in error: any Error) -> String {
        switch error {
        case let error as IOError: String(cString: strerror(error.errnoCode)).lowercased()
        default: "no answer in time"
        }
    }

    private func end() {
        stage = .over
        timer?.cancel()
        channel?.close(promise: nil)
        exchange(&done, with: nil)?()
    }

    private func connected(_ channel: any Channel) {
        guard stage != .over else { return channel.close(promise: nil) }
        self.channel = channel
        good("connected after \((NIODeadline.now() - begin).nanoseconds / 1_000_000) ms")
        do {
            try channel.pipeline.syncOperations.addHandler(EstablishingHandler(self))
            guard connector.proxy != nil else { return try secure() }
            stage = .tunnelling
            let tunnel = connector.makeTunnelHandler { self.tunnelled($0) }
            try channel.pipeline.syncOperations.addHandler(tunnel, position: .first)
        } catch {
            fail(hindrance)
        }
    }

    private func tunnelled(_ hindrance: TransportFailure.Cause?) {
        if let hindrance { return fail(hindrance) }
        good("opened a tunnel to \(connector.endpoint.target.host):\(connector.endpoint.target.port)")
        do { try secure() } catch { fail(.handshakeFailed) }
    }

    private func secure() throws {
        stage = .handshaking
        guard let tls = try connector.makeTLS() else {
            good("none: the base URL says http")
            return end()
        }
        self.tls = tls
        try channel?.pipeline.syncOperations.addHandler(tls.handler, position: .first)
    }

    // MARK: Establishing

    func secured(_ chosen: String?) {
        guard stage == .handshaking else { return }
        let certificate = tls?.handler.peerCertificate
        let remaining = certificate.map { Timestamp(secondsSinceEpoch: Int64($0.notValidAfter)) }
        let isShort = remaining.map { CertificateProblem.now.duration(to: $0) < .days(14) } ?? false
        good(
            [tls?.version, certificate.flatMap { CertificateFacts($0) }?.text, remaining.map { "valid until \($0)" }]
                .compactMap { $0 }.joined(separator: ", ") + (isShort ? ": soon to be renewed" : ""),
            state: isShort ? .noted : .good
        )
        good(chosen == "h2" ? "HTTP/2" : "HTTP/1.1", .version)
        end()
    }

    func lost(_ error: (any Error)?) {
        switch (stage, error) {
        case (.handshaking, let error?): fail(TransportFailure.Cause(establishing: error, tls: tls))
        default: fail(hindrance)
        }
    }
}

extension SocketAddress {
    /// The address, in brackets if it is IPv6, and the port.
    fileprivate var shown: String {
        let host = ipAddress ?? description
        return (host.contains(":") ? "[\(host)]" : host) + (port.map { ":\($0)" } ?? "")
    }
}

extension WatchedTLS {
    fileprivate var version: String? {
        switch handler.tlsVersion {
        case .tlsv12: "TLS 1.2"
        case .tlsv13: "TLS 1.3"
        default: nil
        }
    }
}

extension CertificateFacts {
    fileprivate var text: String {
        let most = names.prefix(CertificateProblem.mostNames).joined(separator: ", ")
        return "certificate for \(most.isEmpty ? "no name" : most), issued by \(issuer)"
    }
}
