/// Takes the parts of a time zone file one after another.
struct ZoneFileReader {
    /// How much of each there is; the names are those of RFC 9636 section 3.1, without `cnt`.
    struct Header {
        let version: UInt8
        let universals: Int
        let standards: Int
        let leaps: Int
        let times: Int
        let types: Int
        let characters: Int

        /// Bytes of the data that follows.
        func length(timeWidth: Int) -> Int {
            times * (timeWidth + 1) + types * 6 + characters + leaps * (timeWidth + 4) + standards + universals
        }
    }

    private var rest: ArraySlice<UInt8>

    init(bytes: [UInt8]) {
        rest = bytes[...]
    }

    mutating func header() throws(ZoneFile.Fault) -> Header {
        guard rest.starts(with: "TZif".utf8) else { throw .notTZif }
        try skip(4)
        let version = try bytes(1)[0]
        try skip(15)
        var counts: [Int] = []
        for _ in 0..<6 {
            let count = Int(try integer(width: 4))
            guard count >= 0 else { throw .inconsistent }
            counts.append(count)
        }
        return Header(
            version: version,
            universals: counts[0],
            standards: counts[1],
            leaps: counts[2],
            times: counts[3],
            types: counts[4],
            characters: counts[5]
        )
    }

    mutating func skip(_ count: Int) throws(ZoneFile.Fault) {
        _ = try bytes(count)
    }

    mutating func bytes(_ count: Int) throws(ZoneFile.Fault) -> [UInt8] {
        guard rest.count >= count else { throw .cutShort }
        defer { rest = rest.dropFirst(count) }
        return Array(rest.prefix(count))
    }

    /// A two's complement number, the highest byte first.
    mutating func integer(width: Int) throws(ZoneFile.Fault) -> Int64 {
        let bits = try bytes(width).reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
        return width == 4 ? Int64(Int32(truncatingIfNeeded: bits)) : Int64(bitPattern: bits)
    }

    /// The line at the end: the rule for the time after the last transition.
    mutating func footer() throws(ZoneFile.Fault) -> String {
        guard rest.first == UInt8(ascii: "\n"), let end = rest.dropFirst().firstIndex(of: UInt8(ascii: "\n")) else {
            throw .cutShort
        }
        return String(decoding: rest[rest.startIndex + 1..<end], as: UTF8.self)
    }
}
