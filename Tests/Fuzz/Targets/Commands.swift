import RefreshCore
import RefreshDaemon

extension FuzzTarget {
    /// Commands that operators copy into a shell, for a user of any id: the shell takes the id as it is.
    static let commands = FuzzTarget("commands", longest: 256) { input throws(Finding) in
        guard let text = String(validating: input, as: UTF8.self), let id = try? UserID(text) else { return }
        let isOption = input.first == UInt8(ascii: "-")
        for (command, verb) in [
            (FixCommand.history(of: id), ["history"]), (FixCommand.standing(of: id), ["users", "show"]),
            (String(FixCommand.withNewToken(id).dropLast(" (with a new token)".count)), ["users", "add"]),
        ] {
            let expected = ["bankrefreshd"] + verb + (isOption ? ["--"] : []) + [text]
            guard let words = shellWords(command) else { throw Finding(description: "more than words: \(command)") }
            try require(words == expected.map { Array($0.utf8) }, "for a shell it is something else: \(command)")
        }
    }

    /// The words of a command without anything that a shell does something about; nil for any other.
    ///
    /// Source: POSIX.1-2024, Shell Command Language, section 2.2.
    private static func shellWords(_ command: String) -> [[UInt8]]? {
        var words: [[UInt8]] = []
        var word: [UInt8]?
        var rest = Array(command.utf8)[...]
        while let byte = rest.popFirst() {
            switch byte {
            case UInt8(ascii: " "):
                if let done = word { words.append(done) }
                word = nil
            case UInt8(ascii: "'"):
                guard let end = rest.firstIndex(of: byte) else { return nil }
                word = (word ?? []) + rest[..<end]
                rest = rest[(end + 1)...]
            case UInt8(ascii: "\\"):
                guard let next = rest.popFirst() else { return nil }
                word = (word ?? []) + [next]
            case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, 0x80...0xFF: word = (word ?? []) + [byte]
            case _ where "._-@:/+".utf8.contains(byte): word = (word ?? []) + [byte]
            default: return nil
            }
        }
        return words + [word].compactMap(\.self)
    }
}
