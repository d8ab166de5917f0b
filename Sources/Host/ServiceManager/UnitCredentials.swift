import Glibc

/// Where a unit gets the credentials that it passes to its service.
package struct UnitCredentials: Equatable, Sendable {
    package enum Source: Equatable, Sendable {
        /// A file at this path; `isSealed` if only the service manager can open it.
        case file(String, isSealed: Bool)
        /// The unit itself contains it, or the service manager finds it by its own rules.
        case manager
    }

    private var loaded: [String: Source] = [:]
    private var held: Set<String> = []
    private var importsOthers = false

    /// A value that means that there is no credential.
    package static let placeholder = "missing"

    package init() {}

    /// Reads the output of `systemctl cat`: the unit and its drop-ins, where later lines override earlier ones.
    package init(unit text: String) {
        var section = ""
        for line in Self.lines(of: text) {
            if line.hasPrefix("[") { section = line }
            guard section == "[Service]", let sign = line.firstIndex(of: "=") else { continue }
            let value = line[line.index(after: sign)...].drop { $0 == " " }
            switch line[..<sign].split(separator: " ").first {
            case "LoadCredential": load(value, isSealed: false)
            case "LoadCredentialEncrypted": load(value, isSealed: true)
            case "SetCredential": hold(value, unless: Self.placeholder)
            case "SetCredentialEncrypted": hold(value, unless: nil)
            case "ImportCredential": importsOthers = !value.isEmpty
            default: break
            }
        }
    }

    /// Whether the service gets no credentials.
    package var isEmpty: Bool { loaded.isEmpty && held.isEmpty && !importsOthers }

    /// The sources of a credential, in the order in which they are tried; empty if the unit passes none of this name.
    package func sources(of name: String) -> [Source] {
        var sources = loaded[name].map { [$0] } ?? []
        if held.contains(name) || sources.isEmpty && importsOthers { sources.append(.manager) }
        return sources
    }

    private mutating func load(_ value: Substring, isSealed: Bool) {
        guard !value.isEmpty else { return loaded = [:] }
        let parts = value.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
        let path = parts.count > 1 ? Self.path(String(parts[1])) : nil
        loaded[String(parts[0])] = path.map { .file($0, isSealed: isSealed) } ?? .manager
    }

    private mutating func hold(_ value: Substring, unless placeholder: String?) {
        guard !value.isEmpty else { return held = [] }
        let parts = value.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
        let isNone = placeholder.map { parts.count > 1 && parts[1] == $0 } ?? false
        if isNone { held.remove(String(parts[0])) } else { held.insert(String(parts[0])) }
    }

    private static let directories = [
        ("E", "/etc"), ("S", "/var/lib"), ("C", "/var/cache"), ("L", "/var/log"), ("t", "/run"),
    ]

    /// Expands the specifiers of directories; nil for a path that only systemd can resolve.
    private static func path(_ text: String) -> String? {
        var path = text
        for (letter, directory) in directories { path.replace("%\(letter)", with: directory) }
        return path.hasPrefix("/") && !path.contains("%") ? path : nil
    }

    /// The lines without comments; a backslash at the end joins a line to the next one.
    private static func lines(of text: String) -> [String] {
        var lines: [String] = []
        var begun = ""
        for line in text.split(separator: "\n", omittingEmptySubsequences: false) {
            let trimmed = String(line.drop { $0 == " " || $0 == "\t" })
            if trimmed.hasPrefix("#") || trimmed.hasPrefix(";") { continue }
            if trimmed.hasSuffix("\\") {
                begun += trimmed.dropLast() + " "
                continue
            }
            lines.append(begun + trimmed)
            begun = ""
        }
        return lines
    }
}

/// What a process leaves of its memory when it crashes.
package enum CoreDump {
    /// Prevents core dumps, and backtraces with the memory that registers point to; false if the system refuses.
    ///
    /// Either would contain tokens. A user who sets `SWIFT_BACKTRACE` wants traces and gets them. For a dump that the
    /// kernel pipes to a program, it ignores every limit but 1, with which it makes none; a file must have a page at
    /// least. Source: setrlimit(2), core(5), `fs/coredump.c` of the kernel.
    package static func forbid() -> Bool {
        if ProcessEnvironment.value("SWIFT_BACKTRACE") == nil {
            for crash in [SIGQUIT, SIGABRT, SIGBUS, SIGFPE, SIGILL, SIGSEGV, SIGTRAP] { signal(crash, SIG_DFL) }
        }
        let core = __rlimit_resource_t(RLIMIT_CORE.rawValue)
        var limit = rlimit()
        guard getrlimit(core, &limit) == 0 else { return false }
        // A hard limit of 0 cannot be raised.
        let least = min(limit.rlim_max, 1)
        limit = rlimit(rlim_cur: least, rlim_max: least)
        return setrlimit(core, &limit) == 0
    }
}
