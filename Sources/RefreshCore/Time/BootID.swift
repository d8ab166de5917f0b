/// Which boot of the machine a process runs in; the time since boot of two readings compares within one boot only.
///
/// Source: random(4), `/proc/sys/kernel/random/boot_id`.
package struct BootID: Equatable, Sendable, CustomStringConvertible {
    /// 32 hexadecimal digits, lower case.
    package let description: String

    /// Reads it with the dashes of the kernel or without, as systemd writes it; nil for anything else.
    package init?(_ text: some StringProtocol) {
        let digits = text.lowercased().filter { $0 != "-" }
        guard digits.utf8.count == 32, digits.allSatisfy(\.isHexDigit) else { return nil }
        description = digits
    }
}
