import NIOCore
import NIOPosix

#if canImport(Glibc)
import Glibc
#endif

extension Channel {
    /// Whether nothing has come on its socket that is not read yet: neither bytes, nor the end, nor a reset.
    ///
    /// Asks the kernel, so that it is known before the event loop hears of it. Source: recv(2).
    var isQuiet: Bool {
        let isQuiet = try? pipeline.syncOperations.withUnsafeTransportIfAvailable(of: NIOBSDSocket.Handle.self) {
            var byte: UInt8 = 0
            return recv($0, &byte, 1, Int32(MSG_PEEK | MSG_DONTWAIT)) < 0 && errno == EAGAIN
        }
        // A channel that has no socket, or none any more, finds out in its own way.
        return (isQuiet ?? nil) ?? true
    }
}
