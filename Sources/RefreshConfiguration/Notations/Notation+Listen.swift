import RefreshCore

extension Notation<ListenAddress> {
    /// `ADDRESS:PORT`.
    static var listenAddress: Notation {
        Notation(
            allowed: "`ADDRESS:PORT`, such as `127.0.0.1:9477` or `[::1]:9477`",
            read: { (value) throws(Complaint) -> ListenAddress in
                let text = try text(value, example: "\"127.0.0.1:9477\"")
                guard let address = ListenAddress(text: text) else {
                    throw Complaint(
                        .badValue, "not an IP address and a port", "write them as \"127.0.0.1:9477\" or \"[::1]:9477\"")
                }
                return address
            },
            write: { .string($0.description) }
        )
    }
}

extension Notation<String> {
    /// A short name for people, on one line.
    static func label(longest: Int) -> Notation {
        Notation(
            allowed: "text of 1 to \(longest) characters",
            read: { (value) throws(Complaint) -> String in
                let text = try text(value, example: "\"production\"")
                guard !text.isEmpty, text.count <= longest, !text.unicodeScalars.contains(where: \.isControl) else {
                    throw Complaint(.badValue, "not a text of 1 to \(longest) characters on one line")
                }
                return text
            },
            write: { .string($0) }
        )
    }
}
