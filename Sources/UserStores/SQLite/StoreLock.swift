import Glibc
import RefreshCore
import Synchronization

/// Keeps other processes off a store: an exclusive flock(2) on the file beside it, with the holder's process id in it.
///
/// The kernel frees the lock when its holder ends, however it ends. The file itself stays: were it removed, two
/// processes could hold locks on two files of the same name.
final class StoreLock: Sendable {
    private let descriptor: Mutex<Int32?>

    init(path: String) throws(StoreProblem) {
        let descriptor = try StoreFile.open(path + ".lock", for: path).descriptor
        guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
            let code = errno
            let process = Self.process(in: descriptor)
            Glibc.close(descriptor)
            guard code == EWOULDBLOCK else { throw StoreFile.problem(code, at: path + ".lock", for: path) }
            throw .heldByAnother(place: path, process: process)
        }
        // Only for whoever asks who holds the store: should the disk be full, the lock holds without it.
        let text = Array("\(getpid())\n".utf8)
        if ftruncate(descriptor, 0) == 0 { _ = pwrite(descriptor, text, text.count, 0) }
        self.descriptor = Mutex(descriptor)
    }

    func release() {
        descriptor.withLock { descriptor in
            if let open = descriptor {
                // Closing alone would not do while a child that was just forked still has a copy.
                flock(open, LOCK_UN)
                Glibc.close(open)
            }
            descriptor = nil
        }
    }

    deinit { release() }

    private static func process(in descriptor: Int32) -> Int32? {
        var buffer = [UInt8](repeating: 0, count: 16)
        let count = pread(descriptor, &buffer, buffer.count, 0)
        return Int32(
            String(decoding: buffer.prefix(max(0, count)).prefix { $0 != UInt8(ascii: "\n") }, as: UTF8.self)
        )
    }
}
