import Foundation
import Glibc
import Testing

/// One connection to the loopback, and what comes back on it until its end.
enum Connection {
    struct Answer {
        let text: String

        var status: Int { Int(text.split(separator: " ").dropFirst().first ?? "") ?? 0 }
        var head: String { text.components(separatedBy: "\r\n\r\n").first ?? "" }
        var body: String { text.components(separatedBy: "\r\n\r\n").dropFirst().joined(separator: "\r\n\r\n") }

        func header(_ name: String) -> String? {
            head.components(separatedBy: "\r\n").dropFirst().first {
                $0.lowercased().hasPrefix(name.lowercased() + ": ")
            }
            .map { String($0.dropFirst(name.count + 2)) }
        }
    }

    static func get(_ path: String, port: Int, method: String = "GET", host: String? = "localhost") async throws
        -> Answer
    {
        let hostLine = host.map { "Host: \($0)\r\n" } ?? ""
        return try await exchange("\(method) \(path) HTTP/1.1\r\n\(hostLine)Connection: close\r\n\r\n", port: port)
    }

    /// Sends as is and reads to the end, on a thread of its own.
    static func exchange(_ text: String, port: Int) async throws -> Answer {
        let descriptor = socket(AF_INET, CInt(SOCK_STREAM.rawValue) | CInt(SOCK_CLOEXEC.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = in_port_t(UInt16(port).bigEndian)
        address.sin_addr.s_addr = inet_addr("127.0.0.1")
        let isConnected = withUnsafePointer(to: address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0
            }
        }
        try #require(isConnected)
        return await withCheckedContinuation { continuation in
            Thread.detachNewThread {
                var bytes: [UInt8] = []
                let sent = Array(text.utf8)
                _ = send(descriptor, sent, sent.count, CInt(MSG_NOSIGNAL))
                var buffer = [UInt8](repeating: 0, count: 65_536)
                while true {
                    let count = recv(descriptor, &buffer, buffer.count, 0)
                    guard count > 0 else { break }
                    bytes += buffer.prefix(count)
                }
                close(descriptor)
                continuation.resume(returning: Answer(text: String(decoding: bytes, as: UTF8.self)))
            }
        }
    }
}
