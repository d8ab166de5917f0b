import RefreshCore
import RefreshDaemon

/// Replaces each user's id by a pseudonym, the same one everywhere.
///
/// Pseudonyms are numbers in the order in which ids are added, and reveal nothing about the ids.
struct Pseudonyms {
    private var count = 0
    /// The number for each id, and for each form in which texts contain it.
    private var numbers: [[UInt8]: Int] = [:]
    /// Sorted with the longest first, because an id may be the beginning of another.
    private var known: [[UInt8]] = []

    mutating func add(_ id: String) {
        guard !id.isEmpty, numbers[Array(id.utf8)] == nil else { return }
        count += 1
        // The id itself, its form in log lines, and both with shell quotes.
        let plain = [id, id.sanitized(limit: .max)]
        let forms = Set((plain + plain.map(\.withShellQuotes)).map { Array($0.utf8) })
        for form in forms where !form.isEmpty && numbers[form] == nil {
            numbers[form] = count
            known.append(form)
        }
        known.sort { $0.count > $1.count }
    }

    /// The text with every id replaced that is not part of a word.
    func replacing(in text: String) -> String {
        guard !known.isEmpty else { return text }
        let bytes = Array(text.utf8)
        var result: [UInt8] = []
        result.reserveCapacity(bytes.count)
        var position = 0
        while position < bytes.count {
            if let id = known.first(where: { Self.stands($0, at: position, in: bytes) }), let number = numbers[id] {
                result.append(text: "<user \(number)>")
                position += id.count
            } else {
                result.append(bytes[position])
                position += 1
            }
        }
        return String(decoding: result, as: UTF8.self)
    }

    /// All parts of a text that could be an id: they begin and end at word limits.
    static func candidates(in text: String) -> Set<String> {
        let bytes = Array(text.utf8)
        let limits = (0...bytes.count).filter { isLimit($0, in: bytes) }
        var found: Set<String> = []
        for (index, start) in limits.enumerated() {
            for end in limits[(index + 1)...] {
                guard end - start <= UserID.longest else { break }
                guard let part = String(validating: bytes[start..<end], as: UTF8.self) else { continue }
                found.insert(part)
            }
        }
        return found
    }

    private static func stands(_ id: [UInt8], at position: Int, in bytes: [UInt8]) -> Bool {
        bytes[position...].starts(with: id) && isLimit(position, in: bytes) && isLimit(position + id.count, in: bytes)
    }

    /// Whether the position is not within a word.
    ///
    /// Beyond ASCII, a word may end after any character, because some scripts have no spaces.
    private static func isLimit(_ position: Int, in bytes: [UInt8]) -> Bool {
        guard position > 0, position < bytes.count else { return true }
        // Not within a character.
        guard bytes[position] & 0xC0 != 0x80 else { return false }
        return !isWord(bytes[position - 1]) || !isWord(bytes[position])
    }

    private static func isWord(_ byte: UInt8) -> Bool {
        (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte)
    }
}
