import Dispatch
import Foundation
import RefreshDaemon
import Testing

/// Every input of the corpus once, without what guides a fuzzer: `make fuzz` looks for new ones.
@Suite(.timeLimit(.minutes(2))) struct CorpusTests {
    private static let folder = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .appending(path: "Corpus")

    private static func inputs(of target: String) throws -> [(name: String, bytes: [UInt8])] {
        let folder = folder.appending(path: target)
        var inputs: [(name: String, bytes: [UInt8])] = []
        for name in try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted() {
            inputs.append((name, Array(try Data(contentsOf: folder.appending(path: name)))))
        }
        return inputs
    }

    @Test(arguments: FuzzTarget.all.map(\.name))
    func `no input of the corpus breaks a promise`(name: String) async throws {
        let target = try #require(FuzzTarget.all.first { $0.name == name })
        let inputs = try Self.inputs(of: name)
        #expect(inputs.count >= 5, "a target has inputs to begin with")
        // On a thread that may wait, as that of a fuzzer.
        let findings = await withCheckedContinuation { continuation in
            DispatchQueue.global().async {
                continuation.resume(returning: inputs.compactMap { Self.finding(of: target, $0) })
            }
        }
        #expect(findings == [])
    }

    private static func finding(of target: FuzzTarget, _ input: (name: String, bytes: [UInt8])) -> String? {
        do throws(Finding) {
            try target.run(input.bytes)
            return nil
        } catch {
            return "\(input.name): \(error)"
        }
    }

    @Test func `of every operation the corpus has a request that is taken`() throws {
        let requests = try Self.inputs(of: FuzzTarget.requests.name)
        let taken = requests.compactMap { FuzzTarget.operationTaken(from: $0.bytes) }
        #expect(Set(Operations.all.map { $0.name }).subtracting(taken) == [], "what is taken is not reached by chance")
    }

    @Test func `every folder of the corpus is a target's, and all of it is small`() throws {
        let folders = try FileManager.default.contentsOfDirectory(atPath: Self.folder.path)
        #expect(Set(folders) == Set(FuzzTarget.all.map(\.name)))
        let size = try folders.reduce(0) { try $0 + Self.inputs(of: $1).reduce(0) { $0 + $1.bytes.count } }
        #expect(size < 1_000_000)
    }
}
