import Foundation
import Glibc
import RefreshCore
import TestSupport
import Testing

/// Looks into the memory of a process: the test's own, forked off so that no other test is at work in it.
@Suite(.timeLimit(.minutes(1)))
struct WipingTests {
    @Test func `a secret is overwritten when its last holder lets go`() async {
        await #expect(processExitsWith: .success) {
            let marker = MemoryMarker()
            var holders: [Secret] = [marker.secret()]
            holders.append(holders[0])
            guard marker.count() == 1 else { exit(2) }
            holders.removeFirst()
            guard marker.count() == 1 else { exit(3) }
            holders = []
            guard marker.count() == 0 else { exit(4) }
            var tokens = try (0..<50).map { _ in try marker.secret().withBytes { try AccessToken($0) } }
            guard marker.count() == 50, tokens.count == 50 else { exit(5) }
            tokens = []
            guard marker.count() == 0 else { exit(6) }
            // What nobody wipes is found: the search would tell.
            let careless = [marker.secret()].map { $0.withBytes { Array($0) } }
            guard marker.count() == 1, careless.count == 1 else { exit(7) }
        }
    }

    @Test func `bytes are overwritten where they lie`() {
        var bytes = [UInt8](repeating: 7, count: 100)
        bytes.wipe()
        #expect(bytes == [UInt8](repeating: 0, count: 100))
        var copy = bytes
        copy[0] = 1
        let kept = copy
        copy.wipe()
        #expect(kept[0] == 1)
        var none: [UInt8] = []
        none.wipe()
        #expect(none.isEmpty)
    }

    @Test func `secrets are equal when their bytes are`() {
        #expect(Secret([1, 2, 3]) == Secret([1, 2, 3]))
        #expect(Secret([]) == Secret([]))
        for other: [UInt8] in [[], [1, 2], [1, 2, 4], [0, 2, 3], [1, 2, 3, 0]] {
            #expect(Secret([1, 2, 3]) != Secret(other))
        }
        #expect(Secret(stride(from: UInt8(1), to: 4, by: 1)) == Secret([1, 2, 3]))
    }
}
