import Foundation
import Glibc
import Testing

/// What root is told of a configuration that works for root alone: the daemon's user is 65534 here, to whom the store's
/// directory belongs.
@Suite(.timeLimit(.minutes(1)))
struct CheckConfigRootTests {
    private static let user: uid_t = 65_534

    private func withService(_ body: (Workplace) async throws -> Void) async throws {
        try #require(geteuid() == 0, "this test gives files away: run it as root")
        try await Workplace.with { place in
            let directory = place.directory + "/state"
            try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: false)
            try place.configure(["store": ["sqlite": ["path": directory + "/store.sqlite"]]])
            for path in [directory, place.key, place.directory] { chown(path, Self.user, Self.user) }
            let good = try await place.run("check-config")
            try #require(good.status == 0, "\(good.errors)")
            try await body(place)
        }
    }

    private func expect(_ lines: String..., in place: Workplace) async throws {
        let checked = try await place.run("check-config")
        #expect(checked.status == 78, "\(checked.errors)")
        for line in lines {
            #expect(checked.errors.contains("\(place.config): \(line)\n"), "\(line) is not in:\n\(checked.errors)")
        }
    }

    private func name() -> String { getpwuid(Self.user).map { String(cString: $0.pointee.pw_name) } ?? "65534" }

    @Test func `a configuration or a certificate that is root's alone`() async throws {
        try await withService { place in
            chmod(place.config, 0o600)
            chmod(place.directory + "/ca.pem", 0o600)
            try await expect(
                "the daemon's user \(name()) may not read \(place.config); run: chmod o+r \(place.config)",
                "api.caFile: the daemon's user \(name()) may not read \(place.directory)/ca.pem; run: chmod o+r "
                    + "\(place.directory)/ca.pem", in: place)
        }
    }

    @Test func `a directory on the way that is root's alone`() async throws {
        try await withService { place in
            let closed = place.directory + "/closed"
            try FileManager.default.createDirectory(atPath: closed, withIntermediateDirectories: false)
            try FileManager.default.moveItem(atPath: place.directory + "/ca.pem", toPath: closed + "/ca.pem")
            // Through a link, too.
            symlink(closed + "/ca.pem", place.directory + "/ca.pem")
            chmod(closed, 0o700)
            try await expect(
                "api.caFile: the daemon's user \(name()) may not enter \(closed); run: chmod o+x \(closed), or name a "
                    + "file elsewhere", in: place)
        }
    }

    @Test func `a store, or a file beside it, that became root's`() async throws {
        try await withService { place in
            try await place.importAll()
            let store = place.directory + "/state/store.sqlite"
            try Data().write(to: URL(filePath: store + "-wal"))
            for path in [store + "-wal", store + ".lock"] {
                chown(path, 0, 0)
                chmod(path, 0o600)
            }
            try await expect(
                "store.sqlite.path: the daemon's user \(name()) may not write \(store)-wal; run: chown \(name()): \(store)-wal",
                "store.sqlite.path: the daemon's user \(name()) may not write \(store).lock; run: chown \(name()): "
                    + "\(store).lock", in: place)
        }
    }

    @Test func `a key that does not fit, and tokens of another address`() async throws {
        try await withService { place in
            try await place.importAll()
            try FileManager.default.removeItem(atPath: place.key)
            _ = try await place.run("key", "generate", place.key)
            chown(place.key, Self.user, Self.user)
            let other = try await place.run("check-config")
            #expect(other.status == 78)
            #expect(other.errors.contains("store.key: the key does not fit the store"))
            #expect(other.errors.contains("put the right key where store.key points"))
        }
        try await withService { place in
            try await place.importAll()
            try place.configure([
                "api": ["baseURL": "https://localhost:1/rest"],
                "store": ["sqlite": ["path": place.directory + "/state/store.sqlite"]],
            ])
            let other = try await place.run("check-config")
            #expect(other.status == 78)
            #expect(other.errors.contains("api: the tokens in the store"), "\(other.errors)")
            #expect(other.errors.contains("bankrefreshd store adopt https://localhost:1/rest"))
            // To look leaves nothing of root's behind.
            for file in try FileManager.default.contentsOfDirectory(atPath: place.directory + "/state") {
                let attributes = try FileManager.default.attributesOfItem(atPath: place.directory + "/state/" + file)
                #expect(attributes[.ownerAccountID] as? uid_t == Self.user, "\(file)")
            }
        }
    }

    @Test func `a port that is taken, and by the daemon itself is not`() async throws {
        try await withService { place in
            let (descriptor, port) = try LoopbackPort.taken()
            let state = ["sqlite": ["path": place.directory + "/state/store.sqlite"]]
            try place.configure(["web": ["listen": "127.0.0.1:\(port)"], "store": state])
            let taken = try await place.run("check-config")
            #expect(taken.status == 78)
            #expect(taken.errors.contains("web.listen: another program listens on 127.0.0.1:\(port) already"))
            close(descriptor)
            _ = try await place.startDaemon()
            let own = try await place.run("check-config")
            #expect(own.status == 0, "\(own.errors)")
        }
    }
}
