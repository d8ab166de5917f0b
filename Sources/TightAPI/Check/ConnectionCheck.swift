import NIOCore
import NIOPosix
package import RefreshCore

/// Tests the daemon's path from this machine to the API once, hop by hop, and reports what it finds.
///
/// The last hop is the daemon's own request, sent once and without a token, so it concerns no user and reaches no bank.
package struct ConnectionCheck: Sendable {
    /// Further addresses are not tried.
    private static let mostAddresses = 8
    /// The limit for the lookup and all addresses together.
    private static let limit = Duration.seconds(40)
    /// The limit for the request.
    private static let requestLimit = Duration.seconds(20)

    private let settings: TightClientSettings
    private let lookup: AddressBook.Lookup
    private let client: TightClient
    private let eventLoop: any EventLoop
    private let now: @Sendable () -> Timestamp

    /// Makes no connection yet; `now` is the wall clock, which is compared with the server's.
    package init(
        settings: TightClientSettings,
        lookup: @escaping AddressBook.Lookup = SystemLookup.addresses(of:_:),
        now: @escaping @Sendable () -> Timestamp
    ) throws(TightClientProblem) {
        var settings = settings
        settings.timeout = min(settings.timeout, Self.requestLimit)
        self.settings = settings
        self.now = now
        self.lookup = lookup
        client = try TightClient(settings: settings, lookup: lookup, now: now)
        eventLoop = MultiThreadedEventLoopGroup.singleton.next()
    }

    /// Calls `report` with each hop as soon as it is known; ends within about a minute.
    package func run(_ report: (ConnectionHop) -> Void) async {
        let deadline = ContinuousClock.now + Self.limit
        var isGood = false
        for address in await addresses(report) {
            let left = min(settings.connectTimeout, deadline - .now)
            guard left > .zero else { break }
            let hops = await hops(over: address, limit: left)
            for hop in hops { report(hop) }
            isGood = isGood || hops.allSatisfy { $0.state == .good || $0.state == .noted }
        }
        // If no path reaches HTTP, its hops already say what is wrong.
        if isGood { report(await request()) }
        await client.shutdown()
    }

    // MARK: Name and addresses

    private func addresses(_ report: (ConnectionHop) -> Void) async -> [SocketAddress] {
        let host = settings.proxy?.host ?? settings.endpoint.host
        let port = settings.proxy?.port ?? settings.endpoint.port
        switch await resolved(host, port) {
        case .success(let all):
            if (try? SocketAddress(ipAddress: host, port: port)) == nil {
                let texts = all.compactMap(\.ipAddress).joined(separator: ", ")
                let more = all.count > Self.mostAddresses ? ", of which the first \(Self.mostAddresses) are tried" : ""
                report(ConnectionHop(place: .name, subject: host, state: .good, found: "resolves to \(texts)\(more)"))
            }
            return Array(all.prefix(Self.mostAddresses))
        case .failure(let error):
            let cause: TransportFailure.Cause = settings.proxy == nil ? .nameNotResolved : .proxy(.nameNotResolved)
            report(ConnectionHop(.name, host, failed: cause).because("\(error)"))
            return []
        }
    }

    private struct NoAnswer: Error, CustomStringConvertible {
        var description: String { "no answer from the name servers in time" }
    }

    /// Gives up on name servers that do not answer in time; the lookup ends later on its own.
    private func resolved(_ host: String, _ port: Int) async -> Result<[SocketAddress], any Error> {
        let (lookup, eventLoop, limit) = (lookup, eventLoop, TimeAmount(settings.connectTimeout))
        let answers = AsyncStream<Result<[SocketAddress], any Error>> { answers in
            NIOThreadPool.singleton.submit { _ in answers.yield(Result { try lookup(host, port) }) }
            eventLoop.scheduleTask(in: limit) { answers.yield(.failure(NoAnswer())) }
        }
        for await answer in answers { return answer }
        return .failure(NoAnswer())
    }

    // MARK: One address

    private func hops(over address: SocketAddress, limit: Duration) async -> [ConnectionHop] {
        let (settings, lookup, eventLoop) = (settings, lookup, eventLoop)
        let hops = eventLoop.flatSubmit {
            let promise = eventLoop.makePromise(of: [ConnectionHop].self)
            do {
                let connector = try Connector(settings, lookup: lookup, eventLoop: eventLoop)
                let check = AddressCheck(connector, over: address, on: eventLoop)
                check.begin(limit: TimeAmount(limit)) { promise.succeed($0) }
            } catch {
                promise.fail(error)
            }
            return promise.futureResult
        }
        return (try? await hops.get()) ?? []
    }

    // MARK: The request

    private func request() async -> ConnectionHop {
        let call = HTTPCall(path: "/v5/banks/refresh")
        let subject = "\(call.method) \(settings.endpoint.url(of: call.path))"
        let begin = ContinuousClock.now
        switch await client.exchange(call) {
        case .failed(let failure) where failure.cause == .timeout:
            let found = "no answer within \(settings.timeout.roundedText)"
            return ConnectionHop(place: .request, subject: subject, state: .unavailable, found: found)
        case .failed(let failure): return ConnectionHop(.request, subject, OutcomeMapping.outcome(of: failure))
        case .answered(let answer):
            let span = (ContinuousClock.now - begin).roundedText
            let judged = JudgedAnswer(answer)
            return ConnectionHop(
                place: .request, subject: subject, state: judged.state,
                found: "answered \(answer.status) after \(span): \(judged.text)\(clockRemark(answer))")
        }
    }

    /// A remark if the clocks differ by more than a minute: certificates and dates depend on the local one.
    private func clockRemark(_ answer: HTTPAnswer) -> String {
        let here = now()
        guard let there = answer.date.flatMap({ HTTPDate.moment(in: $0, now: here) }) else { return "" }
        let ahead = there.duration(to: here)
        guard ahead > .seconds(60) || ahead < .seconds(-60) else { return "" }
        let span = (ahead < .zero ? .zero - ahead : ahead).roundedText
        return "; this machine's clock is \(span) \(ahead > .zero ? "ahead of" : "behind") the server's (timedatectl)"
    }
}

/// What an answer to a call without a token says about the path.
struct JudgedAnswer: Equatable {
    let state: ConnectionHop.State
    let text: String

    init(_ answer: HTTPAnswer) {
        (state, text) =
            switch answer.status {
            case 400 where answer.asksForClientCertificate:
                (.misconfigured, Misconfiguration.clientCertificateRequired.text)
            case 401: (.good, "as expected without a token")
            case 403:
                (
                    .misconfigured,
                    "this machine, or every call without a token, is refused: ask Tight, or check the firewall or "
                        + "gateway in between"
                )
            case 429: (.noted, "the path is open, and the API asks to call less often")
            case 200..<300:
                (
                    .misconfigured,
                    "without a token Tight answers 401: another server answers here, or it adds a token of its own: "
                        + "check api.baseURL"
                )
            case 300..<400: (.misconfigured, "a redirect, which is never followed: check api.baseURL")
            case 400..<500: (.misconfigured, "is api.baseURL right?")
            default: (.unavailable, "the API, or a gateway in front of it, is failing")
            }
    }
}
