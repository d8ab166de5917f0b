import RefreshCore

/// A compiled time zone file: past and planned offsets, and the rule for the time after them.
///
/// Source: RFC 9636, "The Time Zone Information Format (TZif)".
struct ZoneFile: Equatable {
    enum Fault: Error, Equatable {
        case notTZif
        case cutShort
        case inconsistent
        case countsLeapSeconds
        case badRule(String)

        var text: String {
            switch self {
            case .notTZif: "it is no time zone file"
            case .cutShort: "it is cut short"
            case .inconsistent: "its parts do not fit together"
            case .countsLeapSeconds: "it counts leap seconds, which the system's clock does not"
            case .badRule(let rule): "its rule for years to come (\(rule.sanitized(limit: 60))) is not understood"
            }
        }
    }

    /// Offset changes are computed up to the end of this year; after it the offset does not change.
    static let lastYear: Int64 = 2_200

    private let firstOffset: Int64
    private let transitions: [ZoneRules.Transition]
    /// Empty if the last offset holds forever.
    private let footer: String

    init(bytes: [UInt8]) throws(Fault) {
        var reader = ZoneFileReader(bytes: bytes)
        var header = try reader.header()
        var width = 4
        if header.version >= UInt8(ascii: "2") {
            // The data block for 32-bit readers comes first.
            try reader.skip(header.length(timeWidth: 4))
            header = try reader.header()
            width = 8
        }
        guard header.leaps == 0 else { throw .countsLeapSeconds }
        guard header.types > 0 else { throw .inconsistent }
        var moments: [Int64] = []
        for _ in 0..<header.times { moments.append(try reader.integer(width: width)) }
        let indices = try reader.bytes(header.times).map(Int.init)
        var offsets: [Int64] = []
        for _ in 0..<header.types {
            offsets.append(try reader.integer(width: 4))
            try reader.skip(2)
        }
        guard indices.allSatisfy({ $0 < offsets.count }) else { throw .inconsistent }
        try reader.skip(header.characters + header.standards + header.universals)
        footer = width == 8 ? try reader.footer() : ""
        firstOffset = offsets[0]
        transitions = zip(moments, indices).map { ZoneRules.Transition(secondsSinceEpoch: $0, offset: offsets[$1]) }
    }

    func rules(name: String) throws(Fault) -> ZoneRules {
        var transitions = transitions
        if !footer.isEmpty {
            guard let rule = ZoneRuleText(footer) else { throw .badRule(footer) }
            let last = transitions.last
            let first = last.map { Timestamp(secondsSinceEpoch: $0.secondsSinceEpoch).year } ?? 1_970
            transitions += rule.transitions(years: min(first, Self.lastYear)...Self.lastYear).filter {
                $0.secondsSinceEpoch > last?.secondsSinceEpoch ?? .min
            }
        }
        guard let rules = ZoneRules(name: name, firstOffset: firstOffset, transitions: transitions) else {
            throw .inconsistent
        }
        return rules
    }
}

extension Timestamp {
    fileprivate var year: Int64 { CivilDay.date(ofDay: day).year }
}

/// Reads the parts of a time zone file in sequence.
struct ZoneFileReader {
    /// The counts of the header: `isutcnt`, `isstdcnt`, `leapcnt`, `timecnt`, `typecnt` and `charcnt` of RFC 9636.
    struct Header {
        let version: UInt8
        let universals: Int
        let standards: Int
        let leaps: Int
        let times: Int
        let types: Int
        let characters: Int

        /// The number of bytes of the data block that follows.
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

    /// A two's complement number in big-endian order.
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
