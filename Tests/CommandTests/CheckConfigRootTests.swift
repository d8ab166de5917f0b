import Foundation
import Glibc
import TestSupport
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

            // What the file says now is meant, whatever the daemon does.
            let (other, busy) = try LoopbackPort.taken()
            defer { close(other) }
            try place.configure(["web": ["listen": "127.0.0.1:\(busy)"], "store": state])
            try await expect(
                "web.listen: another program listens on 127.0.0.1:\(busy) already; choose another port for web.listen, "
                    + "or find that program: ss -ltnp 'sport = :\(busy)'", in: place)
            try place.configure(["web": ["listen": "127.0.0.1:\(try LoopbackPort.free())"], "store": state])
            #expect(try await place.run("check-config").status == 0)
            // The port that the daemon itself has, by another address.
            try place.configure(["web": ["listen": "0.0.0.0:\(port)"], "store": state])
            let wider = try await place.run("check-config")
            #expect(wider.status == 0, "\(wider.errors)")
            #expect(wider.errors.contains("cannot be tried while the daemon listens on 127.0.0.1:\(port)"))
        }
    }

    @Test func `a key that was changed beside a daemon that runs`() async throws {
        try await withService { place in
            try await place.importAll()
            _ = try await place.startDaemon()
            #expect(try await place.run("check-config").status == 0)
            try FileManager.default.removeItem(atPath: place.key)
            _ = try await place.run("key", "generate", place.key)
            chown(place.key, Self.user, Self.user)
            let other = try await place.run("check-config")
            #expect(other.status == 78)
            #expect(other.errors.contains("store.key: the key does not fit the store"), "\(other.errors)")
        }
    }

    @Test func `directories that the daemon's user cannot write, each with what mends it`() async throws {
        try await withService { place in
            let state = place.directory + "/state"
            chmod(state, 0o500)
            let words =
                "store.sqlite.path: the daemon's user \(name()) may not write to \(state)/; run: chmod u+rwx \(state)/"
            try await expect(words, in: place)
            // To itself it says the same, not that it might be another.
            let itself = try await place.runAsNobody("check-config")
            #expect(itself.status == 78)
            #expect(itself.errors.contains(words), "\(itself.errors)")
            chmod(state, 0o700)

            // What is the system's is not to be given away.
            try place.configure([
                "store": ["sqlite": ["path": state + "/store.sqlite"]], "control": ["socket": "/run/bankrefreshd.sock"],
            ])
            try await expect(
                "control.socket: the daemon's user \(name()) may not write to /run/; name one in a directory that is the "
                    + "daemon's own: install -d -m 0700 -o \(name()) /run/bankrefreshd", in: place)
        }
    }

    @Test func `a directory of backups is judged itself, and where there is none the one above`() async throws {
        try await withService { place in
            let (state, above) = (place.directory + "/state", place.directory + "/above")
            let backups = above + "/backups"
            func configure(_ directory: String) throws {
                try place.configure([
                    "store": ["sqlite": ["path": state + "/store.sqlite"], "backup": ["directory": directory]]
                ])
            }
            try configure(backups)
            try await expect(
                "store.backup.directory: there is no directory \(above)/; make it, or name another for backups: install "
                    + "-d -m 0700 -o \(name()) \(above)/", in: place)
            try FileManager.default.createDirectory(atPath: backups, withIntermediateDirectories: true)
            for directory in [backups, backups + "/"] {
                try configure(directory)
                try await expect(
                    "store.backup.directory: the daemon's user \(name()) may not write to \(backups); run: chown "
                        + "\(name()): \(backups)", in: place)
            }
            chown(backups, Self.user, Self.user)
            // Nothing is made in the one above any more.
            chmod(above, 0o555)
            #expect(try await place.run("check-config").status == 0)
            try FileManager.default.removeItem(atPath: backups)
            try Data().write(to: URL(filePath: backups))
            try configure(backups)
            try await expect(
                "store.backup.directory: \(backups) is no directory; name a directory for backups", in: place)
        }
    }

    @Test func `a directory where the store should be, told by check-config and at the start`() async throws {
        try await withService { place in
            let state = place.directory + "/state"
            try place.configure(["store": ["sqlite": ["path": state]]])
            let words = "\(state) is a directory; name the file in it: \"\(state)/store.sqlite\""
            try await expect("store.sqlite.path: " + words, in: place)
            for command in [["run"], ["users", "list"]] {
                let run = try await place.start(command).result()
                #expect(run.status == 78)
                #expect(run.errors.contains("\(state) is a directory"), "\(run.errors)")
                #expect(run.errors.contains("name the file in it: \"\(state)/store.sqlite\""), "\(run.errors)")
            }
        }
    }

    @Test func `a disk without room, and one that is only read`() async throws {
        try await withService { place in
            let disk = place.directory + "/disk"
            try FileManager.default.createDirectory(atPath: disk, withIntermediateDirectories: false)
            try #require(mount("tmpfs", disk, "tmpfs", 0, "size=1m,mode=0755,uid=\(Self.user)") == 0)
            defer { umount2(disk, Int32(MNT_DETACH)) }
            let store = disk + "/store.sqlite"
            try place.configure(["store": ["sqlite": ["path": store]]])
            try await place.importAll()
            #expect(try await place.run("check-config").status == 0)
            let filler = open(disk + "/filler", O_WRONLY | O_CREAT | O_CLOEXEC, 0o600)
            let block = [UInt8](repeating: 0, count: 4_096)
            while write(filler, block, block.count) > 0 {}
            close(filler)
            try await expect(
                "store.sqlite.path: the disk that holds \(store) is full; make room; nothing is lost", in: place)
            unlink(disk + "/filler")
            try #require(mount("tmpfs", disk, "tmpfs", UInt(MS_REMOUNT | MS_RDONLY), nil) == 0)
            try await expect(
                "store.sqlite.path: \(disk)/ lies on a file system that is mounted read-only; mount it for writing, or "
                    + "name a place elsewhere", in: place)
            let once = try await place.run("check-config")
            #expect(once.errors.hasPrefix("1 problem with "), "\(once.errors)")
        }
    }

    /// No unit is known here; what is said of one is in the system's tests.
    @Test(arguments: [true, false]) func `the service's own configuration, with its key and without`(
        hasKey: Bool
    ) async throws {
        try #require(geteuid() == 0, "this test mounts a file system: run it as root")
        try await Workplace.with { place in
            try place.configure(["store": ["key": ["credential": "store-key"]]])
            let script = """
                mount -t tmpfs etc /etc && mkdir /etc/bankrefreshd && cp "$1" /etc/bankrefreshd/config.json &&
                { [ -z "$KEY" ] || cp "$KEY" /etc/bankrefreshd/store-key; } && mkdir -p /run/systemd &&
                mount -t tmpfs run /run/systemd && exec "$0" check-config
                """
            let checked = try await place.start(
                "/usr/bin/unshare",
                ["--mount", "/bin/sh", "-c", script, try Program.bankrefreshd.path(), place.config],
                environment: hasKey ? ["KEY": place.key] : [:]
            ).result()
            #expect(checked.status == (hasKey ? 0 : 78), "\(checked.errors)")
            #expect(
                hasKey
                    || checked.errors.contains(
                        "store.key: there is no file /etc/bankrefreshd/store-key, from which the unit loads the "
                            + "credential store-key; put the key back; for a new store make one: bankrefreshd key "
                            + "generate /etc/bankrefreshd/store-key\n"),
                "\(checked.errors)")
        }
    }
}
