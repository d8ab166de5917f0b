import RefreshCore
import RefreshDaemon

/// The lines of `status --watch` at a moment, the most important first.
struct StatusScreen {
    let status: StatusReport
    let history: RateHistory
    let now: Timestamp
    /// Why there is no newer answer, and the age of this one; nil if this is the latest.
    var outage: (words: String, age: Duration)?

    /// The lines that fit the terminal, cut to its width.
    func lines(within size: TerminalSize) -> [ScreenLine] {
        var lines = head(columns: size.columns) + [.blank] + figures + [.blank] + outcomes
        lines += curve(columns: size.columns)
        lines += [.blank, ScreenLine("q quits", .dim)]
        if lines.count > size.rows { lines.removeAll { $0 == .blank } }
        return lines.prefix(size.rows).map { $0.cut(to: size.columns) }
    }

    private func head(columns: Int) -> [ScreenLine] {
        let health = status.health
        var lines = [ScreenLine("bankrefreshd \(status.version)  \(now)", .dim)]
        if let outage {
            lines.append(ScreenLine(outage.words, .bad))
            lines.append(ScreenLine("as it was \(outage.age.roundedText) ago: \(health.headline)", .dim))
            return lines
        }
        lines.append(ScreenLine(health.headline, TextStyle(health.level)))
        for finding in health.findings {
            // A finding that repeats the headline is shown with its detail instead.
            let text = finding.title == health.headline ? finding.detail : finding.title
            let whole = "! \(text)  (\(finding.command))"
            let style = TextStyle(finding.level)
            // A command that is cut is useless, so it gets a line of its own.
            lines +=
                whole.columns <= columns
                ? [ScreenLine(whole, style)]
                : Self.wrapped("! \(text)", to: columns).map { ScreenLine($0, style) }
                    + [ScreenLine("  (\(finding.command))", style)]
        }
        return lines
    }

    /// The text wrapped at words, with all lines after the first indented.
    private static func wrapped(_ text: String, to columns: Int) -> [String] {
        var lines: [String] = []
        var line = ""
        for word in text.split(separator: " ") {
            if !line.isEmpty, line.columns + 1 + String(word).columns > columns {
                lines.append(line)
                line = "  \(word)"
            } else {
                line += line.isEmpty ? String(word) : " \(word)"
            }
        }
        return lines + [line]
    }

    private var figures: [ScreenLine] {
        let oldest = status.oldestDue.flatMap { Timestamp(rfc3339: $0) }
        let lag = oldest.map { max(.zero, $0.duration(to: now)) } ?? .zero
        return [
            line("in flight", "\(status.inFlight)" + (status.concurrency.map { " of \($0)" } ?? "")),
            status.learnedRate.map { line("rate", "\($0.callsText): Tight lets no more through") },
            status.areCountsMissing ? nil : line("next due", nextDue),
            status.areCountsMissing
                ? nil
                : line(
                    "overdue",
                    status.overdue.grouped + (status.overdue > 0 ? ", the oldest for \(lag.roundedText)" : "")),
            breaker,
            line("users", status.areCountsMissing ? "not known: \(status.missingCountsText)" : users),
        ].compactMap { $0 }
    }

    private var breaker: ScreenLine? {
        guard let breaker = status.breaker else { return nil }
        let until = breaker.until.map { " until \($0)" } ?? ""
        return line("breaker", breaker.state.rawValue + until, breaker.state == .closed ? nil : .bad)
    }

    private var users: String {
        "\(status.users.grouped): \(status.scheduled.grouped) scheduled, \(status.backingOff.grouped) backing off, "
            + "\(status.parked.grouped) parked, \(status.paused.grouped) paused"
    }

    private var nextDue: String {
        guard let text = status.nextDue, let due = Timestamp(rfc3339: text) else { return "never" }
        let wait = now.duration(to: due)
        return wait > .zero ? "\(text), in \(wait.roundedText)" : text
    }

    private var outcomes: [ScreenLine] {
        let heading = "".padded(to: 15) + Self.right("a minute", 10) + Self.right("in all", 12)
        var lines = [ScreenLine(heading, .dim)]
        for kind in OutcomeKind.allCases {
            guard let count = status.outcomes[kind.rawValue] else { continue }
            lines.append(
                row(kind.rawValue, history.perMinute(kind.rawValue), count, count > 0 ? TextStyle(kind) : nil))
        }
        let total = status.outcomes.values.reduce(0, +)
        return lines + [row("all calls", history.perMinute, total, nil)]
    }

    private func curve(columns: Int) -> [ScreenLine] {
        let values = history.curve(most: columns - 15)
        let greatest = Double(values.max() ?? 0) / (history.barLength / .seconds(60))
        let span = history.barLength * values.count
        return [
            line("calls", Sparkline.text(values), .good),
            line("", "the last \(span.roundedText), at most \(Self.number(greatest)) a minute", .dim),
        ]
    }

    private func line(_ label: String, _ value: String, _ style: TextStyle? = nil) -> ScreenLine {
        ScreenLine(label: label.padded(to: 15), value, style)
    }

    private func row(_ label: String, _ rate: Double?, _ count: Int, _ style: TextStyle?) -> ScreenLine {
        line(label, Self.right(rate.map(Self.number) ?? "-", 10) + Self.right(count.grouped, 12), style)
    }

    private static func right(_ text: String, _ columns: Int) -> String {
        String(repeating: " ", count: max(0, columns - text.columns)) + text
    }

    private static func number(_ value: Double) -> String {
        let tenths = Int((value * 10).rounded())
        return tenths < 1_000 ? "\(tenths / 10).\(tenths % 10)" : "\(Int(value.rounded()))"
    }
}

/// A line of bars for numbers.
enum Sparkline {
    private static let blocks = Array("▁▂▃▄▅▆▇█")
    private static let marks = Array("_.-:=+*#")

    /// The greatest number is a full bar; zero is a space.
    static func text(_ values: [Int]) -> String {
        let glyphs = LocaleEncoding.isUTF8 ? blocks : marks
        let greatest = max(1, values.max() ?? 1)
        return String(
            values.map { value in
                value <= 0 ? " " : glyphs[min(glyphs.count - 1, value * glyphs.count / (greatest + 1))]
            })
    }
}

/// A line of a screen: a plain label, then text in a style.
struct ScreenLine: Equatable {
    static let blank = ScreenLine("")

    var label = ""
    var text: String
    var style: TextStyle?

    init(label: String = "", _ text: String, _ style: TextStyle? = nil) {
        self.label = label
        self.text = text
        self.style = style
    }

    var columns: Int { label.columns + text.columns }

    func cut(to columns: Int) -> ScreenLine {
        let label = label.cut(to: columns)
        return ScreenLine(label: label, text.cut(to: columns - label.columns), style)
    }

    var rendered: String { label + (style?.on(text) ?? text) }
}
