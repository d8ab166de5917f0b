/// How much an entry wants a person, after syslog(3); `journalctl -p warning` shows the first two.
package enum JournalPriority: UInt8, Sendable, CaseIterable {
    case error = 3
    case warning = 4
    /// Worth knowing, mended by time or done by an operator.
    case notice = 5
    case info = 6
    case debug = 7

    /// The word for a line of text.
    var word: String {
        switch self {
        case .error: "error"
        case .warning: "warning"
        case .notice: "notice"
        case .info: "info"
        case .debug: "debug"
        }
    }
}
