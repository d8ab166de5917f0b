/// Why a value cannot be taken, before its place is known.
struct Complaint: Error, Equatable {
    let kind: ConfigurationProblem.Kind
    let reason: String
    let suggestion: String?
    /// Whether the value may be repeated to the user; false for whatever may be a secret.
    let showsValue: Bool

    init(
        _ kind: ConfigurationProblem.Kind,
        _ reason: String,
        _ suggestion: String? = nil,
        showsValue: Bool = true
    ) {
        self.kind = kind
        self.reason = reason
        self.suggestion = suggestion
        self.showsValue = showsValue
    }
}
