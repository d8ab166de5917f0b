import RefreshCore
import Testing

@testable import RefreshConfiguration

struct ConfigurationFuzzTests {
    /// Characters that matter to the reader, so that mutations get past it more often than random bytes.
    private static let alphabet =
        Array("{}[]\",:\\0123456789.eE+-/#' \n\tabcdefhmnrstu".utf8) + [0xC3, 0xA9, 0x00, 0xFF, 0xED]

    private static let seedFile = """
        {"api": {"environment": "sandbox", "baseURL": null}, "store": {"key": {"file": "/a"}},
         "schedule": {"every": "12h", "attemptsPerDay": 9}, "groups": {"vip": {"every": "6h"}, "x": {}},
         "limits": {"requestsPerSecond": 1.5e1}, "log": {"refreshed": "each"}}
        """

    @Test(arguments: 0..<8)
    func `a damaged file is read or refused, never worse`(seed: UInt64) throws {
        var random = SplitMix64(seed: seed)
        let originals = [Array(Configuration.default.text.utf8), Array(Self.seedFile.utf8)]
        var taken = 0
        for round in 0..<1_000 {
            var bytes = originals[round % 2]
            for _ in 0..<Int.random(in: 1...3, using: &random) { mutate(&bytes, using: &random) }
            do throws(ConfigurationProblems) {
                let configuration = try Configuration(ConfigurationFile(bytes: bytes))
                taken += 1
                #expect(throws: Never.self) {
                    let again = try Configuration(text: configuration.text)
                    #expect(again == configuration)
                }
            } catch {
                #expect(!error.problems.isEmpty)
                let lines = bytes.count { $0 == 0x0A } + 1
                for problem in error.problems {
                    #expect(!problem.reason.isEmpty)
                    #expect((problem.line ?? 1) <= lines)
                    let hasControl = problem.description.unicodeScalars.contains(where: \.isControl)
                    #expect(!hasControl)
                }
            }
        }
        #expect(taken > 0, "mutations so heavy that nothing was read test only half")
    }

    private func mutate(_ bytes: inout [UInt8], using random: inout SplitMix64) {
        guard !bytes.isEmpty else { return }
        let index = Int.random(in: 0..<bytes.count, using: &random)
        let end = min(bytes.count, index + Int.random(in: 1...20, using: &random))
        switch Int.random(in: 0..<6, using: &random) {
        case 0: bytes[index] = Self.alphabet.randomElement(using: &random) ?? 0
        case 1: bytes.insert(Self.alphabet.randomElement(using: &random) ?? 0, at: index)
        case 2: bytes.remove(at: index)
        case 3: bytes.removeSubrange(index..<end)
        case 4: bytes.insert(contentsOf: Array(bytes[index..<end]), at: index)
        default: bytes.swapAt(index, Int.random(in: 0..<bytes.count, using: &random))
        }
    }
}
