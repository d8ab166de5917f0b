/// What a FAILURE says: errors of the whole, and errors of single fields.
package struct FailureMessages: Equatable, Sendable {
    package var global: [String]
    package var fields: [String: String]

    package init(global: [String] = [], fields: [String: String] = [:]) {
        self.global = global
        self.fields = fields
    }

    package static let institutionDidNotAnswer = FailureMessages(global: ["The institution did not answer."])
}
