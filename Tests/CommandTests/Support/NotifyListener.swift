import Foundation
import Glibc
import Testing

/// A service manager's end of the notify socket; each message is followed by an empty line in the transcript.
final class NotifyListener: Sendable {
    let heard = Transcript()
    private let descriptor: Int32

    init(path: String) throws {
        descriptor = socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        try #require(path.utf8.count < MemoryLayout.size(ofValue: address.sun_path))
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8) }
        let length = socklen_t(MemoryLayout<sockaddr_un>.size)
        let isBound = withUnsafePointer(to: address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { bind(descriptor, $0, length) == 0 }
        }
        try #require(isBound)
        let (socket, heard) = (descriptor, heard)
        Thread.detachNewThread {
            var buffer = [UInt8](repeating: 0, count: 65_536)
            while true {
                let count = recv(socket, &buffer, buffer.count, 0)
                // Shut down, or an empty message.
                if count <= 0 { break }
                heard.append(Data(buffer.prefix(count)) + Data("\n\n".utf8))
            }
            heard.append(Data())
            close(socket)
        }
    }

    deinit {
        shutdown(descriptor, Int32(SHUT_RDWR))
    }
}
