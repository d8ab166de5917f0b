import Glibc

/// The system's own words for an `errno`.
enum SystemErrorText {
    static func of(_ code: Int32) -> String {
        var buffer = [CChar](repeating: 0, count: 256)
        // Safe: strerror_r writes at most `count` bytes, the last of them zero.
        guard strerror_r(code, &buffer, buffer.count) == 0 else { return "error \(code)" }
        return String(decoding: buffer.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }
}
