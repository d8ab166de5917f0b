extension String {
    /// Columns of a terminal that the text takes; it holds no escape sequences.
    var columns: Int {
        // Nearly all text is plain: each byte is a character of one column.
        let isPlain = utf8.withContiguousStorageIfAvailable { $0.allSatisfy { $0 < 0x80 } } ?? false
        return isPlain ? utf8.count : reduce(0) { $0 + $1.columns }
    }

    /// The text within so many columns, its end an ellipsis where it is cut.
    func cut(to columns: Int) -> String {
        guard self.columns > columns else { return self }
        guard columns > 0 else { return "" }
        let mark = String(LocaleEncoding.ellipsis.prefix(columns))
        var (kept, width) = ("", 0)
        for character in self {
            width += character.columns
            if width > columns - mark.count { break }
            kept.append(character)
        }
        return kept + mark
    }

    /// The text, and blanks up to so many columns.
    func padded(to columns: Int) -> String {
        self + String(repeating: " ", count: max(0, columns - self.columns))
    }
}

extension Character {
    /// 2 for the wide characters of East Asia and for pictures, else 1; what combines stands with what it is put on.
    ///
    /// Source: Unicode Standard Annex #11, the blocks that are wide throughout.
    fileprivate var columns: Int {
        guard let scalar = unicodeScalars.first, scalar.value >= 0x1100 else { return 1 }
        return switch scalar.value {
        case 0x1100...0x115F, 0x2E80...0x303E, 0x3041...0xA4CF, 0xA960...0xA97F, 0xAC00...0xD7A3, 0xF900...0xFAFF,
            0xFE30...0xFE6F, 0xFF00...0xFF60, 0xFFE0...0xFFE6, 0x1F300...0x1F64F, 0x1F680...0x1F6FF,
            0x1F900...0x1FAFF, 0x20000...0x3FFFD:
            2
        default: 1
        }
    }
}
