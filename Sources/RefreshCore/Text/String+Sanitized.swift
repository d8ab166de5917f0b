extension String {
    /// External text, safe for a log line: control characters become spaces, runs of spaces become one, and text beyond
    /// `limit` is cut and marked with an ellipsis.
    ///
    /// A mark on a character counts as one more, so that the bytes are bounded too.
    package func sanitized(limit: Int) -> String {
        var result = ""
        var count = 0
        var pendingSpace = false
        for character in self {
            let visible = character.unicodeScalars.allSatisfy { !$0.isControl } && !character.isWhitespace
            guard visible else {
                pendingSpace = !result.isEmpty
                continue
            }
            let size = character.unicodeScalars.count
            if count + size + (pendingSpace ? 1 : 0) > limit { return result + "…" }
            if pendingSpace {
                result.append(" ")
                count += 1
                pendingSpace = false
            }
            result.append(character)
            count += size
        }
        return result
    }
}
