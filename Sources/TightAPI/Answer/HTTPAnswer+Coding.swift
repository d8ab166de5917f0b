import NIOCore

extension HTTPAnswer {
    /// Decompresses the body, where that was compressed; says in `bodyEnd` why it cannot be.
    mutating func decode() {
        guard let field = contentCoding, bodyEnd == .complete, body.readableBytes > 0 else { return }
        do throws(ContentCoding.Problem) {
            guard let coding = try ContentCoding(field: field) else { return }
            body = try coding.decoded(body, most: Self.longestBody)
        } catch {
            bodyEnd = .notDecoded(error)
            body.clear()
        }
    }
}
