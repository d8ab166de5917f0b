import AsyncHTTPClient
import NIOCore
import NIOHTTP1
import NIOPosix
package import RefreshCore
import Synchronization

/// Calls Tight over HTTPS: one request per call, whatever happens.
///
/// Nothing is sent twice: AsyncHTTPClient follows no redirect here, does not try a failed connection again, and never
/// puts a request back that it has handed to a connection, neither when the server closes that connection nor on
/// HTTP/2's GOAWAY. Everything of one client runs on one event loop: one host needs no more, and it makes certain what
/// is known about a request when it fails, since no other thread can be sending it at that moment.
package final class TightClient: BankRefreshing {
    private let client: HTTPClient
    private let baseURL: String
    private let userAgent: String
    private let timeout: Mutex<TimeAmount>
    private let hasProxy: Bool
    private let now: @Sendable () -> Timestamp

    /// Makes no connection yet; `now` is the wall clock, for a `Retry-After` in an answer without a `Date`.
    package init(
        settings: TightClientSettings,
        now: @escaping @Sendable () -> Timestamp
    ) throws(TightClientProblem) {
        let configuration = try HTTPClient.Configuration(settings)
        do {
            // Every call's URL is this one and a path.
            baseURL = settings.endpoint.url(of: "")
            _ = try HTTPClient.Request(url: baseURL)
        } catch {
            throw .endpointNotUsable(settings.endpoint)
        }
        userAgent = "bankrefreshd/\(settings.version)"
        timeout = Mutex(TimeAmount(settings.timeout))
        hasProxy = settings.proxy != nil
        self.now = now
        client = HTTPClient(
            eventLoopGroupProvider: .shared(MultiThreadedEventLoopGroup.singleton.next()),
            configuration: configuration
        )
    }

    /// Changes how long the calls that begin from now on may take.
    package func configure(timeout: Duration) {
        self.timeout.withLock { $0 = TimeAmount(timeout) }
    }

    /// A call that is cancelled before its request was written is `unavailable`: surely nothing was started.
    package func refresh(_ token: AccessToken) async -> RefreshAnswer {
        let exchange = await exchange(HTTPCall(path: "/v5/banks/refresh", bearer: token))
        return OutcomeMapping.answer(to: exchange, for: token, now: now())
    }

    /// Gives up the calls under way and closes every connection; later calls are `unavailable`.
    ///
    /// Returns when the last connection is closed; one that is being made can take as long as the connect timeout.
    package func shutdown() async {
        // Fails only if it was done before.
        try? await client.shutdown()
    }

    /// Makes the call once; `failed` says whether the request may have been sent.
    func exchange(_ call: HTTPCall) async -> Exchange {
        guard !Task.isCancelled, let request = request(for: call) else {
            return .failed(TransportFailure(cause: .cancelled, requestMayHaveBeenSent: false))
        }
        let collector = ExchangeCollector()
        let task = client.execute(request: request, delegate: collector, deadline: .now() + timeout.withLock { $0 })
        do {
            try await withTaskCancellationHandler {
                try await task.get()
            } onCancel: {
                task.cancel()
            }
            return collector.exchange(endedBy: nil, hasProxy: hasProxy)
        } catch {
            return collector.exchange(endedBy: error, hasProxy: hasProxy)
        }
    }
    /// Nil if the path makes no URL.
    private func request(for call: HTTPCall) -> HTTPClient.Request? {
        var headers: HTTPHeaders = ["Accept": call.accept, "User-Agent": userAgent]
        for (name, value) in call.headers { headers.add(name: name, value: value) }
        if let token = call.bearer {
            let value = token.secret.withBytes { "Bearer " + String(decoding: $0, as: UTF8.self) }
            headers.add(name: "Authorization", value: value)
        }
        return try? HTTPClient.Request(
            url: baseURL + call.path,
            method: HTTPMethod(rawValue: call.method),
            headers: headers,
            body: call.body.count == 0 ? nil : .bytes(call.body.withBytes { $0 })
        )
    }
}
