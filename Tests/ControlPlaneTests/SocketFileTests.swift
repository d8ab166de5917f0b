import Foundation
import Glibc
import RefreshCore
import RefreshDaemon
import Testing

@testable import ControlPlane

@Suite(.timeLimit(.minutes(1))) struct SocketFileTests {
    private let daemon = RecordingDaemon()

    private func server(on path: String) -> ControlServer {
        ControlServer(operations: daemon, path: path, time: Sample.time) { _ in }
    }

    private func entries(of directory: String) throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: directory).sorted()
    }

    private func status(of path: String) -> stat {
        var status = stat()
        lstat(path, &status)
        return status
    }

    @Test func `the socket is for its owner and group, stands alone and is gone afterwards`() async throws {
        try await withDirectory { directory in
            let path = "\(directory)/control.sock"
            try await withServer(on: path, daemon) { _ in
                #expect(status(of: path).st_mode == S_IFSOCK | 0o660)
                #expect(status(of: path).st_gid == getegid())
                let found = try entries(of: directory)
                #expect(found == ["control.sock"])
            }
            #expect(try entries(of: directory).isEmpty)
        }
    }

    @Test func `the socket of a dead process is replaced`() async throws {
        try await withDirectory { directory in
            let path = "\(directory)/control.sock"
            do { _ = try RawSocket(listeningOn: path) }
            #expect(status(of: path).st_mode & S_IFMT == S_IFSOCK)
            let report = try await withServer(on: path, daemon) { _ in
                try await ControlClient(socketPath: path).perform(ReadStatus())
            }
            #expect(report == Sample.status())
        }
    }

    @Test func `what a crash left beside the socket is taken over`() async throws {
        try await withDirectory { directory in
            let path = "\(directory)/control.sock"
            mkdir("\(directory)/.control.sock.new", 0o700)
            do { _ = try RawSocket(listeningOn: "\(directory)/.control.sock.new/socket") }
            try await withServer(on: path, daemon) { _ in
                let found = try entries(of: directory)
                #expect(found == ["control.sock"])
            }
        }
    }

    @Test func `the socket of a live process is left alone`() async throws {
        try await withDirectory { directory in
            let path = "\(directory)/control.sock"
            try await withServer(on: path, daemon) { _ in
                let second = server(on: path)
                await #expect(throws: ControlSocketProblem.anotherListens(path: path)) {
                    try await second.run()
                }
                await #expect(throws: ControlSocketProblem.anotherListens(path: path)) {
                    try await second.listening()
                }
                let report = try await ControlClient(socketPath: path).perform(ReadStatus())
                #expect(report == Sample.status())
            }
        }
    }

    @Test func `of daemons that start at once one gets the socket`() async throws {
        try await withDirectory { directory in
            let path = "\(directory)/control.sock"
            do { _ = try RawSocket(listeningOn: path) }
            let daemon = daemon
            let outcomes = await withTaskGroup(of: ControlSocketProblem?.self) { group in
                let all = Gate(count: 8)
                for _ in 0..<8 {
                    group.addTask {
                        do {
                            return try await withServer(on: path, daemon) { _ in
                                // Everybody has tried before the winner stops.
                                await all.pass()
                                return nil
                            }
                        } catch {
                            await all.pass()
                            return error as? ControlSocketProblem ?? .notAPath("\(error)")
                        }
                    }
                }
                return await group.reduce(into: []) { $0.append($1) }
            }
            #expect(outcomes.filter { $0 == nil }.count == 1)
            #expect(outcomes.filter { $0 == .anotherListens(path: path) }.count == 7, "\(outcomes)")
            #expect(try entries(of: directory).isEmpty)
        }
    }

    @Test func `a file in the way is named and kept`() async throws {
        try await withDirectory { directory in
            let file = "\(directory)/file"
            try Data("precious".utf8).write(to: URL(filePath: file))
            mkdir("\(directory)/folder", 0o755)
            symlink("file", "\(directory)/link")
            let before = try entries(of: directory)
            for name in ["file", "folder", "link"] {
                let path = "\(directory)/\(name)"
                await #expect(throws: ControlSocketProblem.inTheWay(path: path)) {
                    try await server(on: path).run()
                }
            }
            #expect(try entries(of: directory) == before)
            #expect(try Data(contentsOf: URL(filePath: file)) == Data("precious".utf8))
        }
    }

    @Test func `a missing directory, or a file in its stead, is named`() async throws {
        try await withDirectory { directory in
            try Data().write(to: URL(filePath: "\(directory)/file"))
            await #expect(throws: ControlSocketProblem.noDirectory("\(directory)/a/b")) {
                try await server(on: "\(directory)/a/b/s").run()
            }
            await #expect(throws: ControlSocketProblem.notADirectory("\(directory)/file")) {
                try await server(on: "\(directory)/file/s").run()
            }
        }
    }

    @Test func `a directory without the right to write is named`() async throws {
        // Where not even root may make anything.
        await #expect(throws: ControlSocketProblem.notAllowed(path: "/sys")) {
            try await server(on: "/sys/s").run()
        }
    }

    @Test func `a path of the greatest length works, and one more byte is refused`() async throws {
        try await withDirectory { directory in
            let path = "\(directory)/" + String(repeating: "s", count: 107 - directory.utf8.count - 1)
            #expect(path.utf8.count == 107)
            let report = try await withServer(on: path, daemon) { _ in
                // As another program connects to it.
                _ = try RawSocket(connectedTo: path)
                return try await ControlClient(socketPath: path).perform(ReadStatus())
            }
            #expect(report == Sample.status())
            let problem = ControlSocketProblem.pathTooLong(path: path + "s", bytes: 108)
            await #expect(throws: problem) { try await server(on: path + "s").run() }
            #expect(problem.description.contains("108 bytes long; a socket's path may have 107 bytes"))
        }
    }

    @Test(arguments: ["", "/", "/run/", "/run/.", "/run/..", "a\u{0}b"])
    func `a path that names no file is refused`(path: String) {
        #expect(throws: ControlSocketProblem.notAPath(path)) { try SocketPath(path) }
    }

    @Test(arguments: [("/s", "/"), ("s", "."), ("/run/x/s", "/run/x"), ("a/s", "a")])
    func `a path is its directory and its name`(path: String, directory: String) throws {
        #expect(try SocketPath(path).directory == directory)
        #expect(try SocketPath(path).name == "s")
    }

    @Test func `a socket that another daemon has put there meanwhile is not removed`() async throws {
        try await withDirectory { directory in
            let path = "\(directory)/control.sock"
            let ours = try await ControlSocket(path: SocketPath(path))
            let bound = try RawSocket(listeningOn: ours.bindPath)
            try ours.publish()
            unlink(path)
            let theirs = try RawSocket(listeningOn: path)
            ours.withdraw()
            #expect(try entries(of: directory) == ["control.sock"])
            withExtendedLifetime((bound, theirs)) {}
        }
    }

    @Test func `nobody can connect before the socket has its rights`() async throws {
        try await withDirectory { directory in
            let path = "\(directory)/control.sock"
            let socket = try await ControlSocket(path: SocketPath(path))
            let bound = try RawSocket(listeningOn: socket.bindPath)
            #expect(try entries(of: directory) == [".control.sock.new"])
            #expect(status(of: "\(directory)/.control.sock.new").st_mode == S_IFDIR | 0o700)
            socket.withdraw()
            #expect(try entries(of: directory).isEmpty)
            withExtendedLifetime(bound) {}
        }
    }
}
