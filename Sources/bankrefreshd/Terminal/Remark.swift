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
