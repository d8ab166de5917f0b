/// An IP address in its usual text form, as inet_pton(3) accepts it.
enum IPAddress: Equatable {
    case v4([UInt8])
    /// Eight groups.
    case v6([UInt16])

    /// Four decimal numbers up to 255, without leading zeros.
    init?(v4 text: some StringProtocol) {
        let parts = text.split(separator: ".", omittingEmptySubsequences: false)
        let numbers = parts.compactMap { part -> UInt8? in
            guard let number = UInt8(part), String(number) == part else { return nil }
            return number
        }
        guard parts.count == 4, numbers.count == 4 else { return nil }
        self = .v4(numbers)
    }

    /// Eight groups of up to four hexadecimal digits, `::` once for a run of zeros, an IPv4 address for the last two.
    ///
    /// Without brackets and zone. Source: RFC 4291 section 2.2.
    init?(v6 text: some StringProtocol) {
        let halves = String(text).split(separator: "::", omittingEmptySubsequences: false)
        guard (1...2).contains(halves.count), let head = Self.groups(halves[0], mayEndInV4: halves.count == 1) else {
            return nil
        }
        guard halves.count == 2 else {
            guard head.count == 8 else { return nil }
            self = .v6(head)
            return
        }
        guard let tail = Self.groups(halves[1], mayEndInV4: true), head.count + tail.count <= 7 else { return nil }
        self = .v6(head + Array(repeating: 0, count: 8 - head.count - tail.count) + tail)
    }

    var isLoopback: Bool {
        switch self {
        case .v4(let bytes): bytes[0] == 127
        case .v6(let groups): groups == [0, 0, 0, 0, 0, 0, 0, 1]
        }
    }

    private static func groups(_ half: Substring, mayEndInV4: Bool) -> [UInt16]? {
        guard !half.isEmpty else { return [] }
        let parts = half.split(separator: ":", omittingEmptySubsequences: false)
        var groups: [UInt16] = []
        for (index, part) in parts.enumerated() {
            if mayEndInV4, index == parts.count - 1, case .v4(let bytes)? = IPAddress(v4: part) {
                groups.append(UInt16(bytes[0]) << 8 | UInt16(bytes[1]))
                groups.append(UInt16(bytes[2]) << 8 | UInt16(bytes[3]))
            } else {
                // `UInt16` accepts a sign, which is not a digit.
                guard (1...4).contains(part.utf8.count), part.first != "+", part.first != "-",
                    let group = UInt16(part, radix: 16)
                else { return nil }
                groups.append(group)
            }
        }
        return groups
    }
}
