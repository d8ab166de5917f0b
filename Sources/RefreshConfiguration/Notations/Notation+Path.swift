import RefreshCore

extension Notation<String> {
    /// An absolute path of a file, at most `longest` bytes.
    ///
    /// The limit is 4,095 by Linux's `PATH_MAX`; a socket has 107, see unix(7).
    static func filePath(longest: Int = 4_095) -> Notation {
        Notation(
            allowed: "absolute path" + (longest < 4_095 ? ", at most \(longest) bytes" : ""),
            read: { (value) throws(Complaint) -> String in
                let text = try text(value, example: "\"/path/to/file\"")
                if let complaint = FilePath.complaint(about: text, longest: longest) { throw complaint }
                return text
            },
            write: { .string($0) }
        )
    }

    /// An absolute path of a directory, read without the slashes that it may end in.
    static var directoryPath: Notation {
        Notation(
            allowed: "absolute path",
            read: { (value) throws(Complaint) -> String in
                var text = try text(value, example: "\"/path/to/directory\"")
                while text.utf8.count > 1, text.hasSuffix("/") { text.removeLast() }
                // The root itself is no place to put anything in.
                if text == "/" { throw Complaint(.badValue, "the root directory", "name a directory below it") }
                if let complaint = FilePath.complaint(about: text, longest: 4_095) { throw complaint }
                return text
            },
            write: { .string($0) }
        )
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
