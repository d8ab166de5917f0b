import NIOHTTP1

/// What the server does about a call once its delay is over.
enum Reaction {
    case answer(Answer)
    case silence
    case reset
    case close

    /// The answer to a caller without a known token.
    static func refusal(during outage: Outage?) -> Answer {
        guard case .status(let code) = outage else { return .invalidToken }
        return answer(HTTPResponseStatus(statusCode: code), .json)
    }

    /// The reaction to a call, or to a token request that fails as any request may.
    init(_ behaviour: Behaviour, to order: RequestOrder) {
        func result(_ result: String, _ messages: FailureMessages = FailureMessages()) -> Answer {
            .json(.ok, FormRetVal(result: result, messages: messages, user: order.user ?? 0, call: order.number))
        }
        self =
            switch behaviour {
            case .success: .answer(result("SUCCESS"))
            case .failure(let messages): .answer(result("FAILURE", messages))
            case .unknownResult: .answer(result("PARTIAL"))
            case .noResult: .answer(.json(.ok, SiblingAnswer()))
            case .unauthorized: .answer(.invalidToken)
            case .forbidden: .answer(.error(.forbidden, "Insufficient permissions."))
            case .throttled(let retryAfter):
                .answer(
                    .error(
                        .tooManyRequests,
                        "Too many requests.",
                        retryAfter.map { [("Retry-After", $0)] } ?? []
                    )
                )
            case .status(let code, let body): .answer(Self.answer(HTTPResponseStatus(statusCode: code), body))
            case .html200: .answer(.page(.ok))
            case .truncated: .answer(result("SUCCESS").truncated())
            case .oversized(let bytes): .answer(.oversized(bytes))
            case .redirect(let address): .answer(Answer(.temporaryRedirect, [("Location", address)]))
            case .hang: .silence
            case .reset: .reset
            case .closeWithoutAnswer: .close
            case .slow(_, let then), .traded(let then): .init(then, to: order)
            }
    }

    private static func answer(_ status: HTTPResponseStatus, _ body: BodyKind) -> Answer {
        // These two have no body by definition (RFC 9110 section 6.4.1).
        if status == .noContent || status == .notModified { return Answer(status) }
        return switch body {
        case .json: .error(status, status.reasonPhrase)
        case .html: .page(status)
        case .empty: Answer(status)
        }
    }
}

/// The answer format of sibling operations in the vendor's API.
private struct SiblingAnswer: Encodable {
    let response: [String: String] = [:]
    let status = "SUCCESS"
}

extension Reaction {
    /// The reaction to a token request; `settle` exchanges the tokens and returns the answer.
    init(_ behaviour: Behaviour, to order: RequestOrder, settle: () -> Answer) {
        switch behaviour {
        case .success: self = .answer(settle())
        case .truncated: self = .answer(settle().truncated())
        case .slow(_, let then): self.init(then, to: order, settle: settle)
        case .traded(let then):
            let settled = settle()
            self.init(then, to: order) { settled }
        case .failure(let messages):
            self = .answer(.refusal(.invalidGrant(messages.global.first ?? messages.fields.values.first ?? "")))
        case .unauthorized: self = .answer(.refusal(.invalidClient))
        default: self.init(behaviour, to: order)
        }
    }
}

/// The answer of the operation, in the contract's format.
struct FormRetVal: Encodable {
    struct ValidationError: Encodable {
        let type: String
        let errorMessage: String
    }

    struct ValidationRetVal: Encodable {
        let fieldErrors: [String: ValidationError]
        let globalErrors: [ValidationError]
    }

    struct EntityUpdateEvent: Encodable {
        let userId: String
        let type: String
    }

    let result: String
    let errors: ValidationRetVal
    let id: String
    let webhook: EntityUpdateEvent?

    init(result: String, messages: FailureMessages, user: Int, call: Int) {
        self.result = result
        errors = ValidationRetVal(
            fieldErrors: messages.fields.mapValues {
                ValidationError(type: "INVALID_VALUE", errorMessage: $0)
            },
            globalErrors: messages.global.map { ValidationError(type: "GENERAL", errorMessage: $0) }
        )
        id = String(call)
        webhook =
            result == "SUCCESS" ? EntityUpdateEvent(userId: String(user + 1), type: "ENTITY_UPDATE") : nil
    }
}
