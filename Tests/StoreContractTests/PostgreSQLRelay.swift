import Foundation
import Glibc
import Synchronization

@testable import PostgreSQLStore

/// Stands between a client and the tests' server, on a socket of its own: passes everything on, as a network does, until
/// it is told to do worse.
final class PostgreSQLRelay: Sendable {
    struct Failure: Error {}

    private struct State {
        var isSilent = false
        var asked = 0
        var descriptors: [Int32] = []
    }

    /// Where a client connects.
    let settings: ConnectionSettings
    private let state = Mutex(State())
    private let listener: Int32
    private let directory: String
    /// Whether the server's process has another number for the client, as behind a pooler.
    private let isPooling: Bool

    init(before server: ConnectionSettings, isPooling: Bool = false) throws {
        self.isPooling = isPooling
        directory = "/tmp/relay-\(UInt32.random(in: .min ... .max))"
        try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: false)
        listener = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        let port = server.hosts[0].port
        let isBound = Self.withAddress("\(directory)/.s.PGSQL.\(port)") { [listener] in bind(listener, $0, $1) }
        guard isBound == 0, listen(listener, 8) == 0 else { throw Failure() }
        var settings = server
        settings.hosts = [ConnectionSettings.Host(name: directory, port: port)]
        self.settings = settings
        let target = "\(server.hosts[0].name)/.s.PGSQL.\(port)"
        Thread.detachNewThread { [self] in
            while true {
                let client = accept(listener, nil, nil)
                guard client >= 0 else { return }
                let other = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
                guard Self.withAddress(target, { connect(other, $0, $1) }) == 0 else { return }
                state.withLock { $0.descriptors += [client, other] }
                Thread.detachNewThread { self.pass(from: client, to: other, isAnswer: false) }
                Thread.detachNewThread { self.pass(from: other, to: client, isAnswer: true) }
            }
        }
    }

    /// How often something for the server came.
    var asked: Int { state.withLock { $0.asked } }

    /// From now on no answer is read from the server: to it, its clients look frozen.
    func freeze() { state.withLock { $0.isSilent = true } }

    func end() {
        shutdown(listener, Int32(SHUT_RDWR))
        for descriptor in state.withLock({ $0.descriptors }) { shutdown(descriptor, Int32(SHUT_RDWR)) }
        try? FileManager.default.removeItem(atPath: directory)
    }

    private func pass(from source: Int32, to target: Int32, isAnswer: Bool) {
        var buffer = [UInt8](repeating: 0, count: 16_384)
        while true {
            var wanted = pollfd(fd: source, events: Int16(POLLIN), revents: 0)
            guard poll(&wanted, 1, -1) > 0, !(isAnswer && state.withLock { $0.isSilent }) else { return }
            let count = read(source, &buffer, buffer.count)
            guard count > 0 else { break }
            if !isAnswer { state.withLock { $0.asked += 1 } }
            if isAnswer, isPooling { Self.renumber(&buffer, count) }
            guard send(target, buffer, count, Int32(MSG_NOSIGNAL)) == count else { break }
        }
        shutdown(target, Int32(SHUT_RDWR))
    }

    /// Changes the process in `BackendKeyData`.
    private static func renumber(_ bytes: inout [UInt8], _ count: Int) {
        let head = Array("K".utf8) + [0, 0, 0, 12]
        for index in 0..<max(0, count - 12) where Array(bytes[index..<index + 5]) == head { bytes[index + 8] ^= 1 }
    }

    private static func withAddress(_ path: String, _ body: (UnsafePointer<sockaddr>, socklen_t) -> Int32) -> Int32 {
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8) }
        return withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { body($0, socklen_t(MemoryLayout<sockaddr_un>.size)) }
        }
    }
}
