/// Numbers with their nouns.
enum Count {
    /// `1 user`, `1204 users`.
    static func of(_ count: Int, _ noun: String) -> String {
        "\(count) \(noun)\(count == 1 ? "" : "s")"
    }
}
