import RefreshCore

/// A compiled time zone file: the offsets that were and are planned, and the rule that goes on from there.
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

    /// Offset changes are computed up to the end of this year; after it the clock is never set.
    static let lastYear: Int64 = 2_200

    private let firstOffset: Int64
    private let transitions: [ZoneRules.Transition]
    /// Empty where the last offset holds for ever.
    private let footer: String

    init(bytes: [UInt8]) throws(Fault) {
        var reader = ZoneFileReader(bytes: bytes)
        var header = try reader.header()
        var width = 4
        if header.version >= UInt8(ascii: "2") {
            // The block for readers of 32 bits comes first.
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
