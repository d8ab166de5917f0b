extension Int {
    /// The number and its noun: `1 user`, `1,204 users`.
    package func counted(_ noun: String, _ plural: String? = nil) -> String {
        "\(grouped) \(self == 1 ? noun : plural ?? noun + "s")"
    }

    /// The number with its thousands apart: `1,204`.
    package var grouped: String {
        var digits = String(self)
        var position = digits.count - 3
        while position > (self < 0 ? 1 : 0) {
            digits.insert(",", at: digits.index(digits.startIndex, offsetBy: position))
            position -= 3
        }
        return digits
    }
}
