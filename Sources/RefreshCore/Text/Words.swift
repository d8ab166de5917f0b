/// Shares, moments and spans as people read them.
package enum Words {
    /// Distinguishes all from nearly all: no share is rounded to `100 %` or `0 %`.
    package static func percent(_ part: Int, of whole: Int) -> String {
        guard whole > 0, part > 0 else { return "0 %" }
        guard part < whole else { return "100 %" }
        let share = Double(part) * 100 / Double(whole)
        if share < 0.1 { return "< 0.1 %" }
        if share > 99.9 { return "> 99.9 %" }
        let tenths = Int((share * 10).rounded())
        return share < 10 || share > 99 ? "\(tenths / 10).\(tenths % 10) %" : "\(Int(share.rounded())) %"
    }

    /// `14:05`, in UTC.
    package static func clock(_ moment: Timestamp) -> String {
        String(moment.description.suffix(9).prefix(5))
    }

    /// `14:05 UTC`, with its date if that is not today's.
    package static func moment(_ moment: Timestamp, now: Timestamp) -> String {
        guard moment.day != now.day else { return "\(clock(moment)) UTC" }
        return "\(moment.description.prefix { $0 != "T" }) \(clock(moment)) UTC"
    }

    /// A span with its largest unit alone below an hour: for spans that grow while they are read.
    package static func span(_ span: Duration) -> String {
        let text = span.roundedText.split(separator: " ")
        return text.prefix(span >= .hours(1) ? 4 : 2).joined(separator: " ")
    }
}

/// One of a few words, as text in JSON; decoding refuses any other word and names its field.
package protocol Word: RawRepresentable<String>, CaseIterable, Codable, Sendable {}

extension Word {
    package init(from decoder: any Decoder) throws {
        let text = try decoder.singleValueContainer().decode(String.self)
        guard let word = Self(rawValue: text) else {
            let known = "is none of \(Self.allCases.map(\.rawValue).joined(separator: ", "))"
            throw FieldProblem(decoder.codingPath, text.isNoToken ? "\"\(text)\" \(known)" : known)
        }
        self = word
    }
}
