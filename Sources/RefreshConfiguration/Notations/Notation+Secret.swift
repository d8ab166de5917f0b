import RefreshCore

extension Notation<SecretReference> {
    /// A reference to a secret.
    ///
    /// Whatever is wrong with it, nothing of it is repeated: it may be the secret.
    static var secret: Notation {
        Notation(
            allowed: "`{\"credential\": \"NAME\"}` or `{\"file\": \"/PATH\"}`",
            read: { (value) throws(Complaint) -> SecretReference in try SecretReading.reference(value) },
            write: {
                switch $0 {
                case .credential(let name): .object([("credential", .string(name))])
                case .file(let path): .object([("file", .string(path))])
                }
            }
        )
    }
}

private enum SecretReading {
    static let forms =
        "write {\"credential\": \"NAME\"} for a systemd credential or {\"file\": \"/PATH\"} for a file"

    static func reference(_ value: JSONValue) throws(Complaint) -> SecretReference {
        if case .string = value {
            throw Complaint(
                .inlineSecret,
                "a secret must not be in this file, which others may read",
                "put it into a file of its own, replace it if it was used, and \(forms)",
                showsValue: false
            )
        }
        guard case .object(let members) = value else {
            throw Complaint(
                .wrongType,
                "a reference to a secret is expected, not \(value.typeName)",
                forms,
                showsValue: false
            )
        }
        guard members.count == 1, let member = members.first else {
            throw Complaint(
                .badValue,
                "exactly one of \"credential\" and \"file\" is expected",
                forms,
                showsValue: false
            )
        }
        guard case .string(let text) = member.node.value else {
            throw Complaint(.wrongType, "the name or path must be a text", forms, showsValue: false)
        }
        switch member.key {
        case "credential":
            guard isCredentialName(text) else {
                throw Complaint(
                    .badValue,
                    "not a name of a credential",
                    "use 1 to 255 letters, digits, . _ and -, as in the unit's LoadCredential=",
                    showsValue: false
                )
            }
            return .credential(text)
        case "file":
            if let complaint = FilePath.complaint(about: text, longest: 4_095) {
                throw Complaint(
                    complaint.kind,
                    "the file: \(complaint.reason)",
                    complaint.suggestion,
                    showsValue: false
                )
            }
            return .file(text)
        default:
            throw Complaint(
                .unknownKey,
                "neither \"credential\" nor \"file\" is given",
                forms,
                showsValue: false
            )
        }
    }

    /// Stricter than systemd.exec(5), whose names may hold nearly anything.
    private static func isCredentialName(_ text: String) -> Bool {
        guard (1...255).contains(text.utf8.count), text != ".", text != ".." else { return false }
        return text.utf8.allSatisfy {
            (0x30...0x39).contains($0) || (0x41...0x5A).contains($0) || (0x61...0x7A).contains($0)
                || $0 == UInt8(ascii: ".") || $0 == UInt8(ascii: "_") || $0 == UInt8(ascii: "-")
        }
    }
}
