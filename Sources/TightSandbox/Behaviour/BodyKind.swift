/// What the body of an answer with a given status looks like.
package enum BodyKind: String, Sendable, CaseIterable {
    /// `{"error":"…"}`, as the vendor answers.
    case json
    /// A web page, as a gateway answers.
    case html
    case empty
}
