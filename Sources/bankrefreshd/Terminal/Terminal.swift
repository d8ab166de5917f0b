import Glibc
import Host
import RefreshCore

/// How much a terminal shows.
struct TerminalSize: Equatable {
    var columns: Int
    var rows: Int

    /// Of the terminal that stdout is.
    static var now: TerminalSize? { of(STDOUT_FILENO) }

    /// Nil where the descriptor is no terminal, or it does not tell.
    static func of(_ descriptor: Int32) -> TerminalSize? {
        var size = winsize()
        guard ioctl(descriptor, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0, size.ws_row > 0 else { return nil }
        return TerminalSize(columns: Int(size.ws_col), rows: Int(size.ws_row))
    }
}

/// In which encoding the terminal shows text, as the environment says.
enum LocaleEncoding {
    static let isUTF8: Bool = {
        let locale = ["LC_ALL", "LC_CTYPE", "LANG"].lazy.compactMap(ProcessEnvironment.value).first { !$0.isEmpty }
        let name = (locale ?? "").lowercased()
        return name.contains("utf-8") || name.contains("utf8")
    }()

    /// What stands for the rest of a text that was cut.
    static let ellipsis = isUTF8 ? "…" : "..."
}

/// The present moment, for what the user of a command gives relative to it.
enum Calendar {
    static var now: Timestamp { WallClock().now }
}

/// What a command says beside its answer, on stderr: in words, or where `--json` is given as one object a line.
enum Remark {
    /// `subject` stands before the words: what they are about, else the program; nil where they stand for themselves.
    static func write(_ text: String, on subject: String? = "bankrefreshd") {
        let words = (subject.map { "\($0): " } ?? "") + text
        guard CommandFailure.isJSON, let line = try? JSONText.line(of: ["note": text]) else {
            return StandardError.write(words + "\n")
        }
        StandardError.write(line)
    }
}
