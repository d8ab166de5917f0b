import RefreshCore

/// How the sandbox reacts to one call of a known user.
package enum Behaviour: Equatable, Sendable {
    case success
    /// 200 with `result` FAILURE and these messages.
    case failure(FailureMessages)
    case unauthorized
    case forbidden
    /// 429; `retryAfter` goes unchanged into the header, and nil omits the header.
    case throttled(retryAfter: String?)
    case status(Int, BodyKind)
    /// 200 with a web page, as gateways answer.
    case html200
    /// 200 whose `Content-Length` promises more than is sent before the connection closes.
    case truncated
    /// A SUCCESS of exactly this many bytes (at least 64).
    case oversized(bytes: Int)
    /// Never answers; the caller must give up.
    case hang
    /// Reads the request, then resets: a TCP RST on HTTP/1.1, RST_STREAM on HTTP/2.
    case reset
    /// Reads the request, then closes the connection (on HTTP/2: the stream) without an answer.
    case closeWithoutAnswer
    /// Waits, then behaves like `then`.
    indirect case slow(Duration, then: Behaviour)
    /// At the token endpoint: exchanges the tokens at once, then behaves like `then`: the answer is lost or late.
    indirect case traded(then: Behaviour)
    /// 200 with a `result` that the contract does not know.
    case unknownResult
    /// 200 in the format of sibling operations: `status` instead of `result`.
    case noResult
    /// 307 to an address, which a careful client does not follow.
    case redirect(to: String)

    /// FAILURE with one message, for tests where the message does not matter.
    package static let failure = Behaviour.failure(FailureMessages(global: ["The institution did not answer."]))

    package static func slow(_ delay: Duration) -> Behaviour {
        .slow(delay, then: .success)
    }

    /// The behaviour's name in options, in the admin interface and in counts.
    package var name: String {
        switch self {
        case .success: "success"
        case .failure: "failure"
        case .unauthorized: "unauthorized"
        case .forbidden: "forbidden"
        case .throttled: "throttled"
        case .status: "status"
        case .html200: "html200"
        case .truncated: "truncated"
        case .oversized: "oversized"
        case .hang: "hang"
        case .reset: "reset"
        case .closeWithoutAnswer: "close"
        case .slow(_, let then): then.name
        case .traded(let then): "traded-" + then.name
        case .unknownResult: "unknown-result"
        case .noResult: "no-result"
        case .redirect: "redirect"
        }
    }
}

extension Behaviour {
    /// How long it waits before it reacts.
    var delay: Duration {
        switch self {
        case .slow(let delay, _): delay
        case .traded(let then): then.delay
        default: .zero
        }
    }

    /// Every form that `init(text:)` reads, for help and error messages.
    package static let forms = """
        success, failure[:MESSAGE], field-failure:FIELD=MESSAGE, unauthorized, forbidden, throttled[:RETRY-AFTER], \
        status:CODE[:json|html|empty], html200, truncated, oversized:BYTES, hang, reset, close, slow:DELAY[:BEHAVIOUR], \
        unknown-result, no-result, redirect:ADDRESS, traded:BEHAVIOUR
        """

    /// Parses the form that options and the admin interface use, such as `status:503:html`.
    package init(text: some StringProtocol) throws(BehaviourProblem) {
        let text = String(text)
        let parts = text.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false).map(
            String.init
        )
        guard let behaviour = try Self.read(parts[0], argument: parts.count > 1 ? parts[1] : nil) else {
            throw BehaviourProblem(text: text)
        }
        self = behaviour
    }

    private static func read(_ name: String, argument: String?) throws(BehaviourProblem) -> Behaviour? {
        switch (name, argument) {
        case ("success", nil): .success
        case ("failure", nil): .failure
        case ("failure", let message?): .failure(FailureMessages(global: [message]))
        case ("field-failure", let argument?): fieldFailure(argument)
        case ("unauthorized", nil): .unauthorized
        case ("forbidden", nil): .forbidden
        case ("throttled", let retryAfter): .throttled(retryAfter: retryAfter)
        case ("status", let argument?): status(argument)
        case ("html200", nil): .html200
        case ("truncated", nil): .truncated
        case ("oversized", let bytes?): Int(bytes).flatMap { $0 >= 64 ? .oversized(bytes: $0) : nil }
        case ("hang", nil): .hang
        case ("reset", nil): .reset
        case ("close", nil): .closeWithoutAnswer
        case ("slow", let argument?): try slow(argument)
        case ("traded", let argument?): .traded(then: try Behaviour(text: argument))
        case ("unknown-result", nil): .unknownResult
        case ("no-result", nil): .noResult
        case ("redirect", let address?): .redirect(to: address)
        default: nil
        }
    }

    private static func fieldFailure(_ argument: String) -> Behaviour? {
        let parts = argument.split(separator: "=", maxSplits: 1).map(String.init)
        return parts.count == 2 ? .failure(FailureMessages(fields: [parts[0]: parts[1]])) : nil
    }

    private static func status(_ argument: String) -> Behaviour? {
        let parts = argument.split(separator: ":", omittingEmptySubsequences: false)
        guard let code = Int(parts[0]), (200...599).contains(code), parts.count <= 2 else { return nil }
        guard parts.count == 2 else { return .status(code, .json) }
        return BodyKind(rawValue: String(parts[1])).map { .status(code, $0) }
    }

    private static func slow(_ argument: String) throws(BehaviourProblem) -> Behaviour? {
        let parts = argument.split(separator: ":", maxSplits: 1)
        guard let first = parts.first, let delay = Duration(text: first) else { return nil }
        return .slow(delay, then: parts.count == 2 ? try Behaviour(text: parts[1]) : .success)
    }
}

/// A text that does not name a behaviour.
package struct BehaviourProblem: Error, Equatable, CustomStringConvertible {
    package let text: String

    package var description: String { "“\(text)” is no behaviour; there are \(Behaviour.forms)" }
}

/// What the body of an answer with a given status looks like.
package enum BodyKind: String, Sendable, CaseIterable {
    /// `{"error":"…"}`, as the vendor answers.
    case json
    /// A web page, as gateways answer.
    case html
    case empty
}

/// The messages of a FAILURE: global errors and errors of single fields.
package struct FailureMessages: Equatable, Sendable {
    package var global: [String]
    package var fields: [String: String]

    package init(global: [String] = [], fields: [String: String] = [:]) {
        self.global = global
        self.fields = fields
    }
}

/// How the whole API is down.
package enum Outage: Equatable, Sendable {
    /// All calls get this status, with or without a known token.
    case status(Int)
    /// The sandbox does not listen: new connections are refused, and open ones are closed.
    case refuse
}
