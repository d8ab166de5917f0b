import RefreshCore

extension Notation<String> {
    /// An absolute path of a file, at most `longest` bytes.
    ///
    /// The limit is 4,095 by Linux's `PATH_MAX`; a socket has 107, see unix(7).
    static func filePath(longest: Int = 4_095) -> Notation {
        .text(
            allowed: "absolute path" + (longest < 4_095 ? ", at most \(longest) bytes" : ""),
            example: "/path/to/file"
        ) { (text) throws(Complaint) -> String in
            if let complaint = FilePath.complaint(about: text, longest: longest) { throw complaint }
            return text
        }
    }

    /// An absolute path of a directory; trailing slashes are removed.
    static var directoryPath: Notation {
        .text(allowed: "absolute path", example: "/path/to/directory") { (text) throws(Complaint) -> String in
            var text = text
            while text.utf8.count > 1, text.hasSuffix("/") { text.removeLast() }
            // Nothing may be put into the root directory itself.
            if text == "/" { throw Complaint(.badValue, "the root directory", "name a directory below it") }
            if let complaint = FilePath.complaint(about: text, longest: 4_095) { throw complaint }
            return text
        }
    }
}

/// What makes a text the absolute path of a file.
enum FilePath {
    static func complaint(about text: String, longest: Int) -> Complaint? {
        if text.isEmpty { return Complaint(.badValue, "a path is missing") }
        if text.unicodeScalars.contains(where: \.isControl) {
            return Complaint(
                .badValue,
                "a path with a control or invisible character",
                "remove it",
                showsValue: false
            )
        }
        if text.first?.isWhitespace ?? false || text.last?.isWhitespace ?? false {
            return Complaint(.badValue, "a path that begins or ends with a blank", "remove the blank")
        }
        if text.hasPrefix("~") {
            return Complaint(.badValue, "not an absolute path", "write the home directory in full")
        }
        if !text.hasPrefix("/") { return Complaint(.badValue, "not an absolute path", "begin it with /") }
        if text.hasSuffix("/") {
            return Complaint(.badValue, "a directory, not a file", "add the file's name")
        }
        if text.utf8.count > longest {
            return Complaint(
                .outOfRange,
                "a path of \(text.utf8.count) bytes",
                "choose one of at most \(longest) bytes"
            )
        }
        return nil
    }
}

extension Notation<SecretReference> {
    /// A reference to a secret.
    ///
    /// A complaint never repeats the value: it may be the secret.
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

    /// Stricter than systemd.exec(5), which allows nearly any name.
    private static func isCredentialName(_ text: String) -> Bool {
        guard (1...255).contains(text.utf8.count), text != ".", text != ".." else { return false }
        return text.utf8.allSatisfy {
            (0x30...0x39).contains($0) || (0x41...0x5A).contains($0) || (0x61...0x7A).contains($0)
                || $0 == UInt8(ascii: ".") || $0 == UInt8(ascii: "_") || $0 == UInt8(ascii: "-")
        }
    }
}

/// Where a secret is; the configuration never holds the secret itself.
package enum SecretReference: Hashable, Sendable {
    /// The name of a file in systemd's credentials directory.
    case credential(String)
    /// An absolute path.
    case file(String)
}
