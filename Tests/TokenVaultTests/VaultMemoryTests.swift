import Foundation
import RefreshCore
import TestSupport
import Testing
import TokenVault

/// What sealing and opening leave in memory; in a process of its own, in which nothing else is at work.
@Suite(.timeLimit(.minutes(1)))
struct VaultMemoryTests {
    @Test func `sealing and opening leave no copy of a token behind`() async {
        await #expect(processExitsWith: .success) {
            let marker = MemoryMarker(length: 97)
            let sealer = TokenSealer(keys: KeyRing(sealing: .generate()))
            let id = try UserID("alice")
            var tokens = [try marker.secret().withBytes { try AccessToken($0) }]
            let sealed = try sealer.seal(tokens[0], as: .access, for: id)
            tokens = []
            guard marker.count() == 0 else { exit(2) }
            for _ in 0..<20 { tokens.append(try sealer.open(sealed, as: .access, for: id)) }
            guard marker.count() == 20 else { exit(3) }
            tokens = []
            guard marker.count() == 0 else { exit(4) }
        }
    }

    @Test func `reading a key file leaves nothing of it behind`() async {
        await #expect(processExitsWith: .success) {
            var files = [StoreKey.generate().encoded]
            let marker = files[0].withBytes { MemoryMarker(of: $0) }
            guard marker.count() == 1 else { exit(2) }
            let keys = try files[0].withBytes { try KeyRing(file: $0) }
            guard marker.count() == 1, keys.ids.count == 1 else { exit(3) }
            files = [KeyFile.adding(.generate(), to: files[0])]
            guard marker.count() == 1 else { exit(4) }
            files = []
            guard marker.count() == 0 else { exit(5) }
        }
    }

    @Test func `a key file without one of its keys leaves nothing of it behind`() async {
        await #expect(processExitsWith: .success) {
            let leaving = StoreKey.generate()
            var files = [KeyFile.adding(leaving, to: StoreKey.generate().encoded)]
            let marker = leaving.encoded.withBytes { MemoryMarker(of: $0) }
            guard marker.count() == 1 else { exit(2) }
            files = [try KeyFile.removing([leaving.id], from: files[0])]
            guard marker.count() == 0 else { exit(3) }
            let kept = files[0].withBytes { MemoryMarker(of: $0.dropLast()) }
            guard kept.count() == 1 else { exit(4) }
            files = []
            guard kept.count() == 0 else { exit(5) }
        }
    }
}
