import HTTPTypes
import HummingbirdCore
import NIOCore
package import RefreshCore
package import RefreshDaemon

/// Answers the requests that the page serves.
struct WebEndpoints: Sendable {
    let watch: WebWatch
    let guarding: RequestGuard
    let access: WebAccess
    let time: any Timekeeping
    let report: @Sendable (WebIncident) -> Void
    private let refusedLogins = RefusedLogins()

    /// Paths for machines that cannot log in; if there is a login, they reveal only whether all is well.
    private static let open: Set = ["/healthz", "/readyz"]

    /// `host` is the address that the request comes from.
    func answer(_ request: Request, from host: String?) async -> Response {
        var response: Response
        if let refusal = guarding.refusal(of: request) {
            response = Self.text(refusal.text, status: refusal.status)
            if refusal.status == .methodNotAllowed { response.headers[.allow] = "GET, HEAD" }
        } else if let denial = await denial(of: request, from: host) {
            response = denial
        } else {
            response = await answer(path: request.uri.path)
        }
        for (name, value) in Self.headers { response.headers[name] = value }
        return request.method == .head ? response.createHeadResponse() : response
    }

    /// Nil if the request may be answered.
    private func denial(of request: Request, from host: String?) async -> Response? {
        guard let login = access.current.login, !Self.open.contains(request.uri.path) else { return nil }
        let given = request.headers[.authorization]
        let verdict = await login.verdict(on: given)
        // A request without a name is asked for one; it is no login yet.
        if verdict != .granted, given != nil, let count = refusedLogins.count(at: time.uptime) {
            report(.loginsRefused(count: count, host: host))
        }
        switch verdict {
        case .granted: return nil
        case .refused:
            var response = Self.text("Log in with a name and password of web.users.", status: .unauthorized)
            response.headers[.wwwAuthenticate] = "Basic realm=\"bankrefreshd\", charset=\"UTF-8\""
            return response
        case .tooMany:
            var response = Self.text("Too many logins failed; try again in a second.", status: .tooManyRequests)
            response.headers[.retryAfter] = "1"
            return response
        }
    }

    private func answer(path: String) async -> Response {
        switch path {
        case "/":
            let overview = await overview()
            return Self.response(PageDocument.html(overview), type: "text/html; charset=utf-8")
        case "/api/overview":
            guard let json = try? OverviewJSON.encoded(await overview()) else {
                return Self.text("The answer could not be written.", status: .internalServerError)
            }
            return Self.response(json, type: "application/json")
        case "/metrics":
            let text = MetricsText.text(
                watch.tallies(), await watch.observe(), process: watch.process(), version: watch.version,
                refusedLogins: refusedLogins.total)
            return Self.response(text, type: MetricsText.contentType)
        case "/healthz": return check(\.liveness)
        case "/readyz": return check(\.readiness)
        case "/robots.txt": return Self.text("User-agent: *\nDisallow: /")
        default:
            return Self.text("There is nothing here; see / for people, /metrics for Prometheus.", status: .notFound)
        }
    }

    private func overview() async -> Overview {
        Overview(await watch.observe(), watch.tallies(), title: watch.title, version: watch.version)
    }

    private func check(_ question: (Health) -> Health.Check) -> Response {
        let answer = question(Health(watch.snapshot()))
        let brief = answer.isGood ? "Good." : "Not good: the page, bankrefreshd status and the journal say why."
        let words = access.current.login == nil ? answer.words : brief
        return Self.text(words, status: answer.isGood ? .ok : .serviceUnavailable)
    }

    private static func text(_ text: String, status: HTTPResponse.Status = .ok) -> Response {
        response(text + "\n", type: "text/plain; charset=utf-8", status: status)
    }

    private static func response(_ text: String, type: String, status: HTTPResponse.Status = .ok) -> Response {
        Response(
            status: status, headers: [.contentType: type], body: ResponseBody(byteBuffer: ByteBuffer(string: text)))
    }

    /// The headers of every answer; each connection serves one request.
    private static let headers: [(HTTPField.Name, String)] =
        [
            (.connection, "close"), (.cacheControl, "no-store"), (.xContentTypeOptions, "nosniff"),
            (.contentSecurityPolicy, PageDocument.policy),
        ]
        + [
            ("Referrer-Policy", "no-referrer"), ("X-Frame-Options", "DENY"),
            ("Cross-Origin-Resource-Policy", "same-origin"), ("Cross-Origin-Opener-Policy", "same-origin"),
        ].compactMap { name, value in HTTPField.Name(name).map { ($0, value) } }
}

/// The sources of what the page shows.
package struct WebWatch: Sendable {
    package var observe: @Sendable () async -> FleetSnapshot
    /// What is known without asking the store, for health checks.
    package var snapshot: @Sendable () -> FleetSnapshot
    package var tallies: @Sendable () -> Tallies
    package var process: @Sendable () -> ProcessUsage?
    /// The fleet's name, for people with several fleets; nil for none.
    package var title: String?
    package var version: String

    package init(
        observe: @escaping @Sendable () async -> FleetSnapshot, snapshot: @escaping @Sendable () -> FleetSnapshot,
        tallies: @escaping @Sendable () -> Tallies, process: @escaping @Sendable () -> ProcessUsage?,
        title: String?, version: String
    ) {
        self.observe = observe
        self.snapshot = snapshot
        self.tallies = tallies
        self.process = process
        self.title = title
        self.version = version
    }
}
