import Foundation
import Glibc
import Testing

/// Backups that are ended before they are complete.
@Suite(.timeLimit(.minutes(1)))
struct StoreBackupEndingTests {
    /// Keeps copies of a store from going on, as a sweep of its file does.
    private static func hold(_ store: String) throws -> FileHandle {
        let descriptor = open(store, O_RDONLY | O_CLOEXEC)
        let handle = FileHandle(fileDescriptor: descriptor, closeOnDealloc: true)
        try #require(flock(descriptor, LOCK_EX | LOCK_NB) == 0)
        return handle
    }

    /// Returns once a name that ends so is made in the directory.
    private static func awaitFile(ending suffix: String, in directory: String, _ begin: () throws -> ProgramRun)
        throws -> ProgramRun
    {
        let descriptor = inotify_init1(Int32(IN_CLOEXEC))
        let events = FileHandle(fileDescriptor: descriptor, closeOnDealloc: true)
        try #require(inotify_add_watch(descriptor, directory, UInt32(IN_CREATE)) >= 0)
        let run = try begin()
        var seen = Data()
        while !seen.contains(suffix) { seen += events.availableData }
        return run
    }

    @Test(arguments: [SIGINT, SIGTERM, SIGKILL], [0, 65_534])
    func `a backup that is ended leaves nothing, or nothing for long`(signal: Int32, owner: Int) async throws {
        try await Workplace.with { place in
            if owner > 0 {
                for path in [place.directory, place.key] {
                    try #require(chown(path, uid_t(owner), gid_t(owner)) == 0, "run it as root")
                }
            }
            try await place.importAll()
            let vault = place.directory + "/vault"
            #expect(mkdir(vault, 0o700) == 0)
            let held = try Self.hold(place.store)
            let run = try Self.awaitFile(ending: ".partial", in: vault) {
                try place.start(["store", "backup", vault + "/b"])
            }
            run.send(signal)
            #expect(await run.ended() == -signal)
            let left = try FileManager.default.contentsOfDirectory(atPath: vault)
            #expect(left.count == (signal == SIGKILL ? 1 : 0), "\(left)")
            try held.close()
            #expect(try await place.run("store", "backup", vault + "/b").status == 0)
            #expect(try FileManager.default.contentsOfDirectory(atPath: vault) == ["b"])
        }
    }

    @Test func `a backup to standard output that is ended leaves nothing beside the store`() async throws {
        try await Workplace.with { place in
            try await place.importAll()
            for signal in [SIGTERM, SIGKILL] {
                let held = try Self.hold(place.store)
                let run = try Self.awaitFile(ending: ".partial", in: place.directory) {
                    try place.start(["store", "backup", "-"])
                }
                run.send(signal)
                #expect(await run.ended() == -signal)
                try held.close()
            }
            func left() throws -> [String] {
                try FileManager.default.contentsOfDirectory(atPath: place.directory).filter { $0.contains("partial") }
            }
            #expect(try left().count == 1)
            #expect(try await place.run("store", "backup", place.directory + "/b").status == 0)
            #expect(try left() == [])
        }
    }
}

extension Data {
    fileprivate func contains(_ text: String) -> Bool { range(of: Data(text.utf8)) != nil }
}
