import RefreshCore

/// A tar archive of regular files with mode 0600.
///
/// Source: pax(1) of POSIX.1-2017, "ustar Interchange Format".
struct TarArchive {
    private static let block = 512

    /// The modification time of the files.
    let moment: Timestamp
    private(set) var content: [UInt8] = []

    /// Adds a file; its name must have at most 100 bytes.
    mutating func add(_ name: String, _ bytes: [UInt8]) {
        precondition(name.utf8.count <= 100)
        content += header(name, size: bytes.count)
        content += bytes
        content += [UInt8](repeating: 0, count: (Self.block - bytes.count % Self.block) % Self.block)
    }

    /// The archive, including the end-of-archive blocks.
    var bytes: [UInt8] { content + [UInt8](repeating: 0, count: 2 * Self.block) }

    private func header(_ name: String, size: Int) -> [UInt8] {
        var header = [UInt8](repeating: 0, count: Self.block)
        func set(_ text: String, at offset: Int) {
            header.replaceSubrange(offset..<offset + text.utf8.count, with: text.utf8)
        }
        /// Writes octal digits, one fewer than the width of the field.
        func set(_ number: Int, at offset: Int, width: Int) {
            let digits = String(number, radix: 8)
            set(String(repeating: "0", count: max(0, width - 1 - digits.count)) + digits, at: offset)
        }
        set(name, at: 0)
        set(0o600, at: 100, width: 8)
        set(0, at: 108, width: 8)
        set(0, at: 116, width: 8)
        set(size, at: 124, width: 12)
        set(Int(max(0, moment.microsecondsSinceEpoch / 1_000_000)), at: 136, width: 12)
        set("0", at: 156)
        set("ustar", at: 257)
        set("00", at: 263)
        set("root", at: 265)
        set("root", at: 297)
        // The checksum is computed with spaces in its own field.
        set(String(repeating: " ", count: 8), at: 148)
        let sum = header.reduce(0) { $0 + Int($1) }
        set(sum, at: 148, width: 7)
        header[154] = 0
        return header
    }
}
