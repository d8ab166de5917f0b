import Host

/// How a word stands out on a terminal.
enum TextStyle: String {
    case dim = "2"
    case good = "32"
    case warning = "33"
    case bad = "31"

    /// Whether stdout takes styles: on a terminal, unless `NO_COLOR` is set or the terminal is a dumb one.
    ///
    /// Source: no-color.org.
    static let isShown =
        StandardOutput.isTerminal && (ProcessEnvironment.value("NO_COLOR") ?? "").isEmpty
        && ProcessEnvironment.value("TERM") != "dumb"

    /// The text in this style where styles are shown.
    func on(_ text: String, isShown: Bool = TextStyle.isShown) -> String {
        isShown && !text.isEmpty ? "\u{1B}[\(rawValue)m\(text)\u{1B}[0m" : text
    }
}
