/// IP addresses in their usual text form, as inet_pton(3) accepts them.
enum IPAddress {
    /// Four decimal numbers up to 255, without leading zeros.
    static func v4(_ text: some StringProtocol) -> [UInt8]? {
        let parts = text.split(separator: ".", omittingEmptySubsequences: false)
        let numbers = parts.compactMap { part in UInt8(part).flatMap { String($0) == part ? $0 : nil } }
        return parts.count == 4 && numbers.count == 4 ? numbers : nil
    }

    /// Eight groups of up to four hexadecimal digits, `::` once for a run of zeros, an IPv4 address for the last two.
    ///
    /// Without brackets and zone. Source: RFC 4291 section 2.2.
    static func v6(_ text: some StringProtocol) -> [UInt16]? {
        let halves = String(text).split(separator: "::", omittingEmptySubsequences: false)
        guard (1...2).contains(halves.count), let head = groups(halves[0], mayEndInV4: halves.count == 1) else {
            return nil
        }
        guard halves.count == 2 else { return head.count == 8 ? head : nil }
        guard let tail = groups(halves[1], mayEndInV4: true), head.count + tail.count <= 7 else { return nil }
        return head + Array(repeating: 0, count: 8 - head.count - tail.count) + tail
    }

    private static func groups(_ half: Substring, mayEndInV4: Bool) -> [UInt16]? {
        guard !half.isEmpty else { return [] }
        let parts = half.split(separator: ":", omittingEmptySubsequences: false)
        var groups: [UInt16] = []
        for (index, part) in parts.enumerated() {
            if mayEndInV4, index == parts.count - 1, let bytes = v4(part) {
                groups.append(UInt16(bytes[0]) << 8 | UInt16(bytes[1]))
                groups.append(UInt16(bytes[2]) << 8 | UInt16(bytes[3]))
            } else {
                // `UInt16` accepts a sign, which is not a digit.
                guard (1...4).contains(part.utf8.count), part.utf8.allSatisfy(\.isHexDigit),
                    let group = UInt16(part, radix: 16)
                else { return nil }
                groups.append(group)
            }
        }
        return groups
    }
}
