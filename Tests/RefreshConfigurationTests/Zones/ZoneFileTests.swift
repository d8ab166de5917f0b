import Foundation
import RefreshCore
import Testing

@testable import RefreshConfiguration

struct ZoneFileTests {
    private let berlin: [UInt8]

    init() throws {
        berlin = try [UInt8](Data(contentsOf: URL(filePath: "/usr/share/zoneinfo/Europe/Berlin")))
    }

    @Test func `refuses a file that is cut short anywhere, and never crashes`() {
        for length in 0..<berlin.count {
            #expect(throws: ZoneFile.Fault.self, "\(length)") { try ZoneFile(bytes: Array(berlin.prefix(length))) }
        }
    }

    @Test(arguments: 0..<20 as Range<UInt64>)
    func `takes no damage from a damaged file`(seed: UInt64) {
        var random = SplitMix64(seed: seed)
        for _ in 0..<200 {
            var bytes = berlin
            for _ in 0..<Int.random(in: 1...6, using: &random) {
                bytes[Int.random(in: 0..<bytes.count, using: &random)] = .random(in: 0...255, using: &random)
            }
            guard let rules = try? ZoneFile(bytes: bytes).rules(name: "Damaged") else { continue }
            let moment = Timestamp(secondsSinceEpoch: .random(in: -5_000_000_000...5_000_000_000, using: &random))
            #expect(ZoneRules.offsets.contains(rules.offset(at: moment)))
        }
    }

    @Test func `goes on by the rule until the year 2200`() throws {
        let rules = try ZoneFile(bytes: berlin).rules(name: "Europe/Berlin")
        for year in [2_026, 2_038, 2_100, 2_200] {
            #expect(rules.offset(at: try #require(Timestamp(rfc3339: "\(year)-07-01T00:00:00Z"))) == 7_200)
            #expect(rules.offset(at: try #require(Timestamp(rfc3339: "\(year)-12-31T00:00:00Z"))) == 3_600)
        }
    }
}
