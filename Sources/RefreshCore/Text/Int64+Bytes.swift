extension Int64 {
    /// A number of bytes in decimal units, to two figures or the whole: `958 bytes`, `1.1 KB`, `3.6 GB`, `192 MB`.
    package var bytesText: String {
        guard magnitude >= 1_000 else { return "\(self) byte\(self == 1 ? "" : "s")" }
        var value = Double(self)
        var unit = ""
        for next in ["KB", "MB", "GB", "TB", "PB", "EB"] {
            value /= 1_000
            unit = next
            // What would be rounded to a thousand is one of the next unit.
            if value.magnitude < 999.5 { break }
        }
        let tenths = (value * 10).rounded() / 10
        guard tenths.magnitude < 10, tenths != tenths.rounded() else { return "\(Int(value.rounded())) \(unit)" }
        return "\(tenths) \(unit)"
    }
}
