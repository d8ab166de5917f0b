package import RefreshCore

/// The command that fixes a user's state.
package enum FixCommand {
    package static func forUser(_ user: User) -> String? {
        switch user.state {
        case .parked(.unauthorized, _): withNewToken(user.id)
        case .parked(.forbidden, _):
            "bankrefreshd users resume \(quoted(user.id)) (once the permission is granted)"
        case .parked(.refused, _):
            "bankrefreshd users resume \(quoted(user.id)) (once Tight has fixed it), or users remove"
        case .paused: "bankrefreshd users resume \(quoted(user.id))"
        case .scheduled, .backingOff: nil
        }
    }

    package static func withNewToken(_ id: UserID) -> String {
        "bankrefreshd users add \(quoted(id)) (with a new token)"
    }

    /// The command that shows a user's past calls.
    package static func history(of id: UserID) -> String { "bankrefreshd history \(quoted(id))" }

    /// The command that shows a user's state, and what fixes it.
    package static func standing(of id: UserID) -> String { "bankrefreshd users show \(quoted(id))" }

    /// The id as a shell argument.
    private static func quoted(_ id: UserID) -> String {
        let isPlain = id.rawValue.unicodeScalars.allSatisfy {
            $0.properties.isAlphabetic && $0.isASCII || $0.properties.numericType != nil && $0.isASCII
                || "._-@:/+".unicodeScalars.contains($0)
        }
        let isOption = id.rawValue.utf8.first == UInt8(ascii: "-")
        if isPlain, !isOption { return id.rawValue }
        return (isOption ? "-- " : "") + "'" + id.rawValue.withShellQuotes + "'"
    }
}

extension String {
    /// The text escaped for use between apostrophes in a shell.
    ///
    /// It works byte by byte, as a shell does: to Swift, an apostrophe with a combining mark is another character.
    package var withShellQuotes: String {
        String(decoding: Array(utf8).replacing([UInt8(ascii: "'")], with: Array(#"'\''"#.utf8)), as: UTF8.self)
    }
}
