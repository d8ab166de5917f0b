import Foundation
import Glibc

/// A unix socket used without any HTTP library, to send what no client of ours would.
final class RawSocket: Sendable {
    struct Failure: Error {
        let code: CInt
    }

    private let descriptor: CInt
    private let isOpen: Bool

    init() throws {
        descriptor = socket(AF_UNIX, CInt(SOCK_STREAM.rawValue), 0)
        isOpen = descriptor >= 0
        guard isOpen else { throw Failure(code: errno) }
    }

    deinit {
        if isOpen { close(descriptor) }
    }

    convenience init(connectedTo path: String) throws {
        try self.init()
        try withAddress(path) { connect(descriptor, $0, $1) }
    }

    /// A server's socket; its file stays when the object goes, as that of a killed process does.
    convenience init(listeningOn path: String, isListening: Bool = true) throws {
        try self.init()
        try withAddress(path) { bind(descriptor, $0, $1) }
        if isListening, listen(descriptor, 8) != 0 { throw Failure(code: errno) }
    }

    /// Sends all of it; on a thread of its own, for the peer may take its time.
    func send(_ text: String) async throws {
        let code: CInt = await onThread { [descriptor] in
            var rest = Array(text.utf8)[...]
            while !rest.isEmpty {
                let count = rest.withUnsafeBytes {
                    Glibc.send(descriptor, $0.baseAddress, $0.count, CInt(MSG_NOSIGNAL))
                }
                guard count >= 0 else { return errno }
                rest = rest.dropFirst(count)
            }
            return 0
        }
        guard code == 0 else { throw Failure(code: code) }
    }

    /// Everything up to the end of the stream, read on a thread of its own.
    func readToEnd() async -> String {
        await onThread { [descriptor] in
            var bytes: [UInt8] = []
            var buffer = [UInt8](repeating: 0, count: 65_536)
            while true {
                let count = recv(descriptor, &buffer, buffer.count, 0)
                guard count > 0 else { return String(decoding: bytes, as: UTF8.self) }
                bytes += buffer.prefix(count)
            }
        }
    }

    /// Accepts one connection, reads what comes first, answers and closes.
    func answerOnce(_ text: String) async {
        await onThread { [descriptor] in
            let peer = accept(descriptor, nil, nil)
            guard peer >= 0 else { return }
            var buffer = [UInt8](repeating: 0, count: 65_536)
            _ = recv(peer, &buffer, buffer.count, 0)
            let bytes = Array(text.utf8)
            _ = Glibc.send(peer, bytes, bytes.count, CInt(MSG_NOSIGNAL))
            close(peer)
        }
    }

    private func onThread<Result: Sendable>(_ body: @escaping @Sendable () -> Result) async -> Result {
        await withCheckedContinuation { continuation in
            // No queue, whose threads tasks need. The object keeps the descriptor open until the work is done.
            Thread.detachNewThread { [self] in
                withExtendedLifetime(self) { continuation.resume(returning: body()) }
            }
        }
    }

    private func withAddress(_ path: String, _ call: (UnsafePointer<sockaddr>, socklen_t) -> CInt) throws {
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8.prefix(107)) }
        let result = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                call($0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
        guard result == 0 else { throw Failure(code: errno) }
    }
}
