import Foundation
import Glibc
import RefreshCore
import Testing
import TightSandbox

/// A key that changes while a daemon starts: a rotation without a daemon has the store, and the start waits for it.
@Suite(.timeLimit(.minutes(1)))
struct KeyChangeAtStartTests {
    /// Another process has the store, as far as the daemon can see, until `release`.
    private final class HeldStore {
        private let lock: Int32
        private let watch: Int32

        init(_ place: Workplace) throws {
            let path = place.store + ".lock"
            lock = open(path, O_RDWR | O_CLOEXEC)
            try #require(lock >= 0 && flock(lock, LOCK_EX | LOCK_NB) == 0)
            watch = inotify_init1(Int32(IN_NONBLOCK | IN_CLOEXEC))
            try #require(inotify_add_watch(watch, path, UInt32(IN_OPEN)) >= 0)
        }

        /// Returns once somebody tried to get the store.
        func waitForVisitor() async throws {
            var buffer = [UInt8](repeating: 0, count: 4_096)
            while read(watch, &buffer, buffer.count) <= 0 { try await Task.sleep(for: .milliseconds(5)) }
        }

        func release() { flock(lock, LOCK_UN) }

        deinit {
            close(lock)
            close(watch)
        }
    }

    /// Runs a daemon that read `before`, finds the store held, and gets it when the key file is `after`.
    ///
    /// The store is sealed with the key that a rotation made.
    private func start(
        in place: Workplace, reading before: (_ old: String, _ new: String) -> String,
        then after: (_ old: String, _ new: String) -> String
    ) async throws -> ProgramRun {
        try await place.importAll()
        let old = try String(contentsOfFile: place.key, encoding: .utf8)
        let rotated = try await place.run("key", "rotate")
        try #require(rotated.status == 0, "\(rotated.errors)")
        let new = try String(contentsOfFile: place.key, encoding: .utf8)
        try write(before(old, new), to: place.key)
        let held = try HeldStore(place)
        let daemon = try place.start(["run"])
        try await held.waitForVisitor()
        try write(after(old, new), to: place.key)
        held.release()
        return daemon
    }

    private func write(_ text: String, to path: String) throws {
        try FileManager.default.removeItem(atPath: path)
        try #require(
            FileManager.default.createFile(
                atPath: path, contents: Data(text.utf8), attributes: [.posixPermissions: 0o600]))
    }

    @Test func `a start that waits for a rotation to end takes the keys of afterwards`() async throws {
        try await Workplace.with { place in
            let daemon = try await start(in: place, reading: { old, _ in old }, then: { _, new in new })
            #expect(await daemon.errors.wait(for: " notice: Ready: "), "\(daemon.errors.text)")
            let refreshed = try await place.run("refresh", place.users[0].id.rawValue)
            #expect(refreshed.status == 0, "\(refreshed.output)")
        }
    }

    @Test func `keys that are added while a start waits are taken before it works`() async throws {
        try await Workplace.with { place in
            // As from a rotation that finds no daemon yet, and a store that it may share with one.
            let added = "4bvBbSgTcCQSnVXy7Gm0GxDDbYBx4SR8g6X2cB2wKdM="
            try await place.importAll()
            let held = try HeldStore(place)
            let daemon = try place.start(["run"])
            try await held.waitForVisitor()
            try write(added + "\n" + String(contentsOfFile: place.key, encoding: .utf8), to: place.key)
            held.release()
            #expect(await daemon.errors.wait(for: " notice: Ready: "), "\(daemon.errors.text)")
            #expect(daemon.errors.text.contains(" notice: New tokens are sealed with key "))
            #expect(await daemon.errors.wait(for: " notice: Every token is sealed with key "))
        }
    }

    @Test func `a start whose keys stay those of before is to be tried again, for the rotation may have changed them`()
        async throws
    {
        try await Workplace.with { place in
            // As with a credential, which a process gets once, at its start.
            let daemon = try await start(in: place, reading: { old, _ in old }, then: { old, _ in old })
            let refused = await daemon.result()
            #expect(refused.status == 75, "\(refused.errors)")
            #expect(refused.errors.contains("the key does not fit the store"))
            // Where nobody had the store, nobody changed the key: a restart would not fix it.
            let again = try await place.run("run")
            #expect(again.status == 78, "\(again.errors)")
        }
    }
}
