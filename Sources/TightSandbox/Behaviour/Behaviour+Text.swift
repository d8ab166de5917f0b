import RefreshCore

extension Behaviour {
    /// Every form that `init(text:)` reads, for help and error messages.
    package static let forms = """
        success, failure[:MESSAGE], field-failure:FIELD=MESSAGE, unauthorized, forbidden, throttled[:RETRY-AFTER], \
        status:CODE[:json|html|empty], html200, truncated, oversized:BYTES, hang, reset, close, slow:DELAY[:BEHAVIOUR], \
        unknown-result, no-result, redirect:ADDRESS, traded:BEHAVIOUR
        """

    /// Reads the form that options and the admin interface use, `status:503:html` say.
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

/// A text that names no behaviour.
package struct BehaviourProblem: Error, Equatable, CustomStringConvertible {
    package let text: String

    package var description: String { "“\(text)” is no behaviour; there are \(Behaviour.forms)" }
}
