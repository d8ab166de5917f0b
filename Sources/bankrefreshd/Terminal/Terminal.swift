import Glibc
import Host
import RefreshCore

struct TerminalSize: Equatable {
    var columns: Int
    var rows: Int

    static var now: TerminalSize? { of(STDOUT_FILENO) }

    /// Nil if the descriptor is not a terminal, or the size is unknown.
    static func of(_ descriptor: Int32) -> TerminalSize? {
        var size = winsize()
        guard ioctl(descriptor, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0, size.ws_row > 0 else { return nil }
        return TerminalSize(columns: Int(size.ws_col), rows: Int(size.ws_row))
    }
}

extension ProcessEnvironment {
    /// The variable's value; nil if it is not set, or empty.
    static func nonEmpty(_ name: String) -> String? { value(name).flatMap { $0.isEmpty ? nil : $0 } }
}

/// The encoding of the terminal according to the environment.
enum LocaleEncoding {
    static let isUTF8: Bool = {
        let locale = ["LC_ALL", "LC_CTYPE", "LANG"].lazy.compactMap(ProcessEnvironment.nonEmpty).first
        let name = (locale ?? "").lowercased()
        return name.contains("utf-8") || name.contains("utf8")
    }()

    /// Replaces the rest of a text that was cut.
    static let ellipsis = isUTF8 ? "…" : "..."
}

/// The current moment, for values that a command takes relative to it.
enum Calendar {
    static var now: Timestamp { WallClock().now }
}

/// A command's remarks on stderr: in words, or with `--json` as one object per line.
enum Remark {
    /// `subject`, by default the program, precedes the text unless it is nil.
    static func write(_ text: String, on subject: String? = "bankrefreshd") {
        let words = (subject.map { "\($0): " } ?? "") + text
        guard CommandFailure.isJSON, let line = try? JSONText.line(of: ["note": text]) else {
            return StandardError.write(words + "\n")
        }
        StandardError.write(line)
    }
}
