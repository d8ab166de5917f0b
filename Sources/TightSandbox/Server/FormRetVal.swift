/// The answer of the operation, in the contract's words.
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

    static func success(user: Int, call: Int) -> FormRetVal {
        FormRetVal(result: "SUCCESS", messages: FailureMessages(), user: user, call: call)
    }

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
