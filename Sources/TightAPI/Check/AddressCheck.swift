import Glibc
import NIOCore
import NIOPosix
import NIOSSL
import RefreshCore

/// Tests the path to the host over one address, up to the start of HTTP; confined to its event loop.
final class AddressCheck {
    private let connector: Connector
    private let address: SocketAddress
    private let eventLoop: any EventLoop
    private let establishment: Establishment
    private var hops: [ConnectionHop] = []
    /// Nil before the check begins and once it is over.
    private var done: (([ConnectionHop]) -> Void)?
    private var channel: (any Channel)?
    private var timer: Scheduled<Void>?
    private let begin = NIODeadline.now()

    init(_ connector: Connector, over address: SocketAddress, on eventLoop: any EventLoop) {
        self.connector = connector
        establishment = Establishment(connector)
        self.address = address
        self.eventLoop = eventLoop
    }

    /// Calls `done` with each hop, whether it succeeded or failed, when the check ends.
    func begin(limit: TimeAmount, done: @escaping ([ConnectionHop]) -> Void) {
        self.done = done
        timer = eventLoop.assumeIsolated().scheduleTask(in: limit) {
            self.fail(because: "no answer in time")
        }
        ClientBootstrap(group: eventLoop).connectTimeout(limit).connect(to: address).assumeIsolated().whenComplete {
            switch $0 {
            case .success(let channel): self.connected(channel)
            case .failure(let error): self.fail(because: Self.reason(in: error))
            }
        }
    }

    private var place: ConnectionHop.Place {
        switch establishment.stage {
        case .connecting: .address
        case .tunnelling: .proxy
        case .handshaking, .established: .tls
        }
    }

    /// The target of the current hop.
    private var subject: String {
        switch establishment.stage {
        case .connecting: address.shown
        case .tunnelling: connector.proxy?.description ?? address.shown
        case .handshaking, .established: connector.endpoint.host
        }
    }

    private func good(_ found: String, _ place: ConnectionHop.Place? = nil, state: ConnectionHop.State = .good) {
        hops.append(ConnectionHop(place: place ?? self.place, subject: subject, state: state, found: found))
    }

    /// Without a cause, it is what stands in the way at the moment.
    private func fail(_ cause: TransportFailure.Cause? = nil, because reason: String? = nil) {
        guard done != nil else { return }
        let hop = ConnectionHop(place, subject, failed: cause ?? establishment.hindrance)
        hops.append(reason.map(hop.because) ?? hop)
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
        establishment.end()
        timer?.cancel()
        channel?.close(promise: nil)
        exchange(&done, with: nil)?(hops)
    }

    private func connected(_ channel: any Channel) {
        guard done != nil else { return channel.close(promise: nil) }
        self.channel = channel
        good("connected after \((NIODeadline.now() - begin).nanoseconds / 1_000_000) ms")
        do {
            try establishment.begin(on: channel) { self.take($0) }
        } catch {
            fail()
        }
    }

    private func take(_ event: Establishment.Event) {
        switch event {
        case .tunnelled: good("opened a tunnel to \(connector.endpoint.bracketedHost):\(connector.endpoint.port)")
        case .established(let chosen):
            if let tls = establishment.tls {
                secured(tls, chosen)
            } else {
                good("none: the base URL says http")
            }
            end()
        case .failed(let cause): fail(cause)
        }
    }

    private func secured(_ tls: WatchedTLS, _ chosen: String?) {
        let certificate = tls.handler.peerCertificate
        let remaining = certificate.map { Timestamp(secondsSinceEpoch: Int64($0.notValidAfter)) }
        let isShort = remaining.map { CertificateProblem.now.duration(to: $0) < .days(14) } ?? false
        good(
            [tls.version, certificate.flatMap { CertificateFacts($0) }?.text, remaining.map { "valid until \($0)" }]
                .compactMap { $0 }.joined(separator: ", ") + (isShort ? ": soon to be renewed" : ""),
            state: isShort ? .noted : .good
        )
        good(chosen == "h2" ? "HTTP/2" : "HTTP/1.1", .version)
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
