extension Unicode.Scalar {
    /// Whether a terminal or a log viewer may act on the character instead of showing it: C0, C1, DEL, line and
    /// paragraph separators, and the invisible ones that reorder text.
    package var isControl: Bool {
        // Most text is ASCII, and the tables of Unicode cost as much as the rest of reading a user's row.
        if value < 0x7F { return value < 0x20 }
        return switch properties.generalCategory {
        case .control, .format, .lineSeparator, .paragraphSeparator, .surrogate, .privateUse, .unassigned: true
        default: false
        }
    }
}
