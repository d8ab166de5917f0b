import RefreshCore

extension Forecast {
    /// The forecast for people: plot, figures and verdict, in lines no wider than `width` where words allow.
    package func text(width: Int, glyphs: Glyphs) -> String {
        var lines = ["Calls due per hour from \(from.minuteText) UTC, \(users.grouped) users", ""]
        let plot = BarPlot(bars: hourBars(labelEvery: 4), glyphs: glyphs).lines(width: width)
        if !plot.isEmpty { lines += plot + [""] }
        lines += Self.aligned(figures)
        if parts.count > 1 { lines += [""] + groupTable }
        lines += [""] + verdict.sentence.wrapped(width: max(40, width))
        return lines.joined(separator: "\n") + "\n"
    }

    func hourBars(labelEvery step: Int) -> [BarPlot.Bar] {
        callsPerHour.enumerated().map { hour, calls in
            let moment = from.advanced(by: .hours(Int64(hour)))
            return BarPlot.Bar(value: calls, label: hour.isMultiple(of: step) ? Words.clock(moment) : nil)
        }
    }

    /// The main figures, each with a name and a value.
    var figures: [(String, String)] {
        var rows = [
            ("calls in 24 hours", calls.grouped),
            (
                "calls per minute",
                "\(Figure.short(meanPerMinute)) on average, \(Figure.short(peakPerMinute)) at the peak "
                    + "(\(Words.clock(peak.at)))"
            ),
            (
                "calls in flight",
                "\(Figure.short(meanInFlight)) on average, \(Figure.short(peakInFlight)) at the peak, at "
                    + "\(assumptions.latency.text) a call"
            ),
            ("the limits let through", "\(Figure.short(capacity.callsPerSecond * 60)) calls a minute"),
        ]
        if overdue > 0 {
            rows.append(
                ("overdue now", "\(overdue.grouped), \(Self.text(timeToClearOverdue, done: "called within"))"))
        }
        rows.append(
            (
                "after \(assumptions.outage.roundedText) of outage",
                "\(catchUp.waiting.grouped) users wait at worst, "
                    + Self.text(catchUp.time, done: "caught up with in")
            ))
        rows += growthFigures
        let left = [(parked, "parked"), (paused, "paused")].filter { $0.0 > 0 }
        if !left.isEmpty {
            rows.append(("left out", left.map { "\($0.grouped) \($1)" }.joined(separator: ", ")))
        }
        return rows
    }

    private var growthFigures: [(String, String)] {
        let growth = growth
        let entries =
            assumptions.summaryInterval.map { "successes are summed up every \($0.text)" }
            ?? "\(Growth.journalEntryBytes.bytesText) for the entry of each call"
        let journal = ("journal, a day", "\(growth.journalBytesPerDay.bytesText): \(entries)")
        let bounds = assumptions.history
        guard !bounds.isOff else { return [journal, ("history, a day", "nothing: history.keep is 0")] }
        return [
            journal,
            (
                "history, a day",
                "\(growth.storeBytesPerDay.bytesText): \(AttemptRecord.storedBytes.bytesText) of the store for each call"
            ),
            (
                "history, eventually",
                "\(growth.historyBytes.bytesText), with history.maximumAge \(bounds.maximumAge.text) and history.keep "
                    + bounds.keep.grouped
            ),
        ]
    }

    private static func text(_ time: Duration?, done: String) -> String {
        guard let time else { return "never: the limits are too low" }
        return time < .seconds(1) ? "\(done) a second" : "\(done) \(time.roundedText)"
    }

    private static func aligned(_ rows: [(String, String)]) -> [String] {
        let width = rows.map(\.0.count).max() ?? 0
        return rows.map { $0 + String(repeating: " ", count: width - $0.count + 2) + $1 }
    }

    private var groupTable: [String] {
        var rows = [["GROUP", "USERS", "EVERY", "DUE IN 24 H", "PEAK A MINUTE", "PARKED", "PAUSED"]]
        for part in parts {
            rows.append([
                part.group?.rawValue ?? "(none)", part.users.grouped, part.every.text,
                part.due.reduce(0, +).grouped, Figure.short(part.peakPerMinute(width: width)),
                part.parked.grouped, part.paused.grouped,
            ])
        }
        let widths = rows[0].indices.map { column in rows.map { $0[column].count }.max() ?? 0 }
        return rows.map { row in
            zip(row, widths).enumerated().map { column, cell in
                let space = String(repeating: " ", count: cell.1 - cell.0.count)
                return column == 0 ? cell.0 + space : space + cell.0
            }.joined(separator: "  ")
        }
    }
}

extension String {
    /// Lines of whole words, no longer than `width` where words allow.
    func wrapped(width: Int) -> [String] {
        var lines: [String] = []
        var line = ""
        for word in split(separator: " ") {
            if !line.isEmpty, line.count + 1 + word.count > width {
                lines.append(line)
                line = ""
            }
            line += (line.isEmpty ? "" : " ") + word
        }
        return lines + [line]
    }
}

extension Forecast.Part {
    func peakPerMinute(width: Duration) -> Double {
        Double(due.max() ?? 0) * 60 / width.inSeconds
    }
}

extension Timestamp {
    /// `2026-11-22 14:05`, UTC.
    var minuteText: String {
        let text = description
        return text.prefix(10) + " " + text.dropFirst(11).prefix(5)
    }
}
