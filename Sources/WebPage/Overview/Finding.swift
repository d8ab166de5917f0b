/// Something worth saying: what it is, what it means and what to do.
struct Finding: Equatable, Sendable {
    enum Level: Int, Comparable, Sendable {
        case well, starting, note, attention, trouble

        static func < (left: Level, right: Level) -> Bool { left.rawValue < right.rawValue }

        var name: String {
            switch self {
            case .well: "well"
            case .starting: "starting"
            case .note: "note"
            case .attention: "attention"
            case .trouble: "trouble"
            }
        }
    }

    let level: Level
    /// Short, as a headline.
    let title: String
    let detail: String
    /// To be run on the daemon's machine; nil where time mends it.
    let command: String?

    init(_ level: Level, _ title: String, _ detail: String, _ command: String? = nil) {
        self.level = level
        self.title = title
        self.detail = detail
        self.command = command
    }
}
