import Glibc
package import RefreshCore

extension BootID {
    /// As `BANKREFRESHD_BOOT_ID` says, else as the kernel does; nil where neither is to be had.
    ///
    /// systemd's `ProcSubset=pid` hides the kernel's from a service; the specifier `%b` hands it in.
    package static let ofThisMachine = ProcessEnvironment.value("BANKREFRESHD_BOOT_ID").flatMap { BootID($0) } ?? kernel

    private static var kernel: BootID? {
        let descriptor = open("/proc/sys/kernel/random/boot_id", O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        var bytes = [UInt8](repeating: 0, count: 64)
        let count = read(descriptor, &bytes, bytes.count)
        return BootID(String(decoding: bytes.prefix(max(0, count)).prefix { $0 > 0x20 }, as: UTF8.self))
    }
}
