import Glibc
import RefreshCore
import Synchronization

/// Keeps other processes out of a store: an exclusive flock(2) on a file beside it with the holder's process id.
///
/// The kernel releases the lock when its holder ends, however it ends. The file itself stays: if it were removed, two
/// processes could lock two files of the same name.
final class StoreLock: Sendable {
    /// What the last holder recorded beside the store about its content.
    ///
    /// A store that knows less was put there from an older copy.
    struct Witness: Equatable {
        let seed: UInt64
        let lastSeen: Timestamp
    }

    private let descriptor: Mutex<Int32?>
    /// What the previous holder left; nil if it left nothing.
    let witness: Witness?

    init(path: String) throws(StoreProblem) {
        let descriptor = try StoreFile.open(path + ".lock", for: path).descriptor
        guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
            let code = errno
            let process = Self.process(in: descriptor)
            Glibc.close(descriptor)
            guard code == EWOULDBLOCK else { throw StoreFile.problem(code, at: path + ".lock", for: path) }
            throw .heldByAnother(place: path, process: process)
        }
        witness = Self.witness(in: descriptor)
        self.descriptor = Mutex(descriptor)
        write(witness)
    }

    /// Records what the store knows; nil clears the record.
    func note(_ witness: Witness?) {
        write(witness)
    }

    /// Writes the record, which is only informative: if the disk is full, the lock holds without it.
    private func write(_ witness: Witness?) {
        let known = witness.map { "\($0.seed) \($0.lastSeen.microsecondsSinceEpoch)\n" } ?? ""
        let text = Array("\(getpid())\n\(known)".utf8)
        descriptor.withLock { descriptor in
            guard let descriptor, pwrite(descriptor, text, text.count, 0) == text.count else { return }
            _ = ftruncate(descriptor, off_t(text.count))
        }
    }

    /// The process that has the store open; nil when none has, or this user may not know.
    static func holder(of path: String) -> Int32? {
        let descriptor = Glibc.open(path + ".lock", O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else { return nil }
        defer { Glibc.close(descriptor) }
        guard flock(descriptor, LOCK_SH | LOCK_NB) != 0 else { return nil }
        return process(in: descriptor)
    }

    func release() {
        descriptor.withLock { descriptor in
            if let open = descriptor {
                // Closing alone would not release the lock while a child that was just forked still has a copy.
                flock(open, LOCK_UN)
                Glibc.close(open)
            }
            descriptor = nil
        }
    }

    deinit { release() }

    private static func lines(in descriptor: Int32) -> [Substring] {
        var buffer = [UInt8](repeating: 0, count: 100)
        let count = pread(descriptor, &buffer, buffer.count, 0)
        return String(decoding: buffer.prefix(max(0, count)), as: UTF8.self).split(separator: "\n")
    }

    private static func process(in descriptor: Int32) -> Int32? {
        lines(in: descriptor).first.flatMap { Int32($0) }
    }

    private static func witness(in descriptor: Int32) -> Witness? {
        let lines = lines(in: descriptor)
        guard lines.count > 1 else { return nil }
        let words = lines[1].split(separator: " ")
        guard words.count == 2, let seed = UInt64(words[0]), let moment = Int64(words[1]) else { return nil }
        return Witness(seed: seed, lastSeen: Timestamp(microsecondsSinceEpoch: moment))
    }
}

/// The files of an open store as found at their paths; tells whether those paths still lead to them.
///
/// As long as a file is open, no other file gets its inode number.
struct StorePlace: Sendable {
    private struct Identity: Equatable {
        let device: dev_t
        let number: ino_t

        init?(_ file: String) {
            var status = stat()
            guard stat(file, &status) == 0 else { return nil }
            device = status.st_dev
            number = status.st_ino
        }
    }

    private let path: String
    private let files: [(name: String, identity: Identity)]

    /// Remembers the files at their paths; all of them must be open, and stay open.
    init(path: String) {
        self.path = path
        files = [path, path + "-wal", path + ".lock"].compactMap { name in Identity(name).map { (name, $0) } }
    }

    func verify() throws(StoreProblem) {
        for (name, identity) in files {
            guard let found = Identity(name) else { throw .displaced(place: path, detail: "\(name) is gone") }
            guard found == identity else { throw .displaced(place: path, detail: "another file is at \(name)") }
        }
    }
}
