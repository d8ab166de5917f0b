/// A column or key that is not known.
///
/// Its own text is kept only where it can be no token: short, made of letters, and beside a name that is known.
package struct UnknownName: Equatable, Sendable, CustomStringConvertible {
    /// 1-based.
    package let position: Int
    package let text: String?
    package let nearest: Column?

    init(_ name: Span<UInt8>, position: Int, besideKnown: Bool) {
        let letters = name.indices.prefix(25).map { name[$0] }
        self.position = position
        text =
            besideKnown && letters.count <= 24 && letters.allSatisfy(Self.isNamelike)
            ? String(decoding: letters, as: UTF8.self) : nil
        nearest = letters.count <= 24 ? Self.nearest(to: letters) : nil
    }

    package var description: String {
        let hint = nearest.map { "did you mean \"\($0.rawValue)\"?" } ?? "known are \(Column.names)"
        return (text.map { "\"\($0)\"" } ?? "number \(position)") + " is not known; " + hint
    }

    private static func isNamelike(_ byte: UInt8) -> Bool {
        switch byte | 0x20 {
        case UInt8(ascii: "a")...UInt8(ascii: "z"): true
        default: byte == UInt8(ascii: "_") || byte == UInt8(ascii: " ") || byte == UInt8(ascii: "-")
        }
    }

    /// The known name that differs in at most three letters, or that one is part of.
    private static func nearest(to name: [UInt8]) -> Column? {
        let plain = String(decoding: name, as: UTF8.self).lowercased()
        let close = Column.ofLists.map { (column: $0, distance: distance(plain, $0.rawValue)) }
            .min { $0.distance < $1.distance }
        if let close, close.distance <= 3 { return close.column }
        return plain.utf8.count < 4
            ? nil : Column.ofLists.first { $0.rawValue.contains(plain) || plain.contains($0.rawValue) }
    }

    /// Letters to insert, remove or replace.
    private static func distance(_ one: String, _ other: String) -> Int {
        let target = Array(other.utf8)
        var row = Array(0...target.count)
        for (index, byte) in one.utf8.enumerated() {
            var diagonal = row[0]
            row[0] = index + 1
            for (column, wanted) in target.enumerated() {
                let replaced = diagonal + (byte == wanted ? 0 : 1)
                diagonal = row[column + 1]
                row[column + 1] = min(replaced, diagonal + 1, row[column] + 1)
            }
        }
        return row[target.count]
    }
}
