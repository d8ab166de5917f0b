import Host

/// In which encoding the terminal shows text, as the environment says.
enum LocaleEncoding {
    static let isUTF8: Bool = {
        let locale = ["LC_ALL", "LC_CTYPE", "LANG"].lazy.compactMap(ProcessEnvironment.value).first { !$0.isEmpty }
        let name = (locale ?? "").lowercased()
        return name.contains("utf-8") || name.contains("utf8")
    }()

    /// What stands for the rest of a text that was cut.
    static let ellipsis = isUTF8 ? "…" : "..."
}
