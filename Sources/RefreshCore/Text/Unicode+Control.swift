extension Unicode.Scalar {
    /// Whether a terminal or a log viewer may act on the character instead of showing it: C0, C1, DEL, line and
    /// paragraph separators, and the invisible ones that reorder text.
    package var isControl: Bool {
        // The table of categories is slow to consult, and most text is ASCII.
        if isASCII { return value < 0x20 || value == 0x7F }
        return switch properties.generalCategory {
        case .control, .format, .lineSeparator, .paragraphSeparator, .surrogate, .privateUse, .unassigned:
            true
        default: false
        }
    }
}
