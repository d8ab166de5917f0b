import Foundation

/// The forms in which a secret may lie about.
enum Disguise: String, CaseIterable {
    case plain, beginning, reversed
    case base64, base64ShiftedByOne, base64ShiftedByTwo
    case hex, upperHex, utf16
    case percent, percentOfReserved

    func bytes(of secret: String) -> Data {
        let bytes = Array(secret.utf8)
        func hex(_ digits: String) -> String { bytes.map { String(format: digits, $0) }.joined() }
        switch self {
        case .plain: return Data(bytes)
        case .beginning: return Data(bytes.prefix(24))
        case .reversed: return Data(bytes.reversed())
        case .base64: return Self.base64(bytes, shift: 0)
        case .base64ShiftedByOne: return Self.base64(bytes, shift: 1)
        case .base64ShiftedByTwo: return Self.base64(bytes, shift: 2)
        case .hex: return Data(hex("%02x").utf8)
        case .upperHex: return Data(hex("%02X").utf8)
        case .utf16: return Data(bytes.flatMap { [$0, 0] })
        case .percent: return Data(hex("%%%02X").utf8)
        case .percentOfReserved:
            return Data((secret.addingPercentEncoding(withAllowedCharacters: .alphanumerics) ?? secret).utf8)
        }
    }

    /// As it lies within the base64 of something longer, `shift` bytes after a multiple of three.
    private static func base64(_ bytes: [UInt8], shift: Int) -> Data {
        let text = Data([UInt8](repeating: 0, count: shift) + bytes).base64EncodedData()
        // Without the digits that depend on what comes before and after.
        return text.dropFirst(shift == 0 ? 0 : shift + 1).dropLast(4)
    }

    /// The forms in which one of the secrets is among the bytes.
    static func found(_ secrets: [String], in bytes: Data) -> Set<Disguise> {
        // By their first eight bytes, so that one look at each place tells of all.
        var wanted: [UInt64: [(form: Disguise, bytes: Data)]] = [:]
        for secret in secrets {
            for form in allCases {
                let text = form.bytes(of: secret)
                let beginning = text.withUnsafeBytes { $0.loadUnaligned(as: UInt64.self) }
                wanted[beginning, default: []].append((form, text))
            }
        }
        return bytes.withUnsafeBytes { hay in
            var found: Set<Disguise> = []
            guard hay.count >= 8 else { return found }
            for offset in 0...(hay.count - 8) {
                // Within the bytes, as eight of them are left.
                guard let candidates = wanted[hay.loadUnaligned(fromByteOffset: offset, as: UInt64.self)] else {
                    continue
                }
                for candidate in candidates where hay[offset...].starts(with: candidate.bytes) {
                    found.insert(candidate.form)
                }
            }
            return found
        }
    }
}
