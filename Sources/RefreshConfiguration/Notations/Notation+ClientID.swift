extension Notation<String> {
    /// A client's id: 1 to 255 visible characters of ASCII and spaces between them.
    ///
    /// Source: RFC 6749 appendix A.1.
    static var clientID: Notation {
        Notation(
            allowed: "text, at most 255 characters of ASCII",
            read: { (value) throws(Complaint) -> String in
                let text = try text(value, example: "\"my-platform\"")
                guard !text.isEmpty else { throw Complaint(.badValue, "an id is missing") }
                guard text.utf8.count <= 255 else {
                    throw Complaint(.outOfRange, "an id of \(text.utf8.count) bytes", "at most 255 are allowed")
                }
                guard text.utf8.allSatisfy({ (0x20...0x7E).contains($0) }), !text.hasPrefix(" "), !text.hasSuffix(" ")
                else {
                    throw Complaint(
                        .badValue,
                        "an id with an outer space or a character beyond ASCII",
                        "copy it again from Tight",
                        showsValue: false
                    )
                }
                return text
            },
            write: { .string($0) }
        )
    }
}
