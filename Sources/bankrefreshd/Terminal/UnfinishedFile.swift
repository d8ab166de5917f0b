import Glibc
import Synchronization

/// Removes incomplete files if a signal ends this process.
enum UnfinishedFile {
    private static let signals = [SIGINT, SIGTERM, SIGHUP]
    /// The address of a null-terminated array of C strings, which a signal handler may read.
    private static let names = Atomic<UInt>(0)
    /// The child process of this one, which gets the same signal; 0 if there is none.
    static let child = Atomic<pid_t>(0)

    /// Makes SIGINT, SIGTERM and SIGHUP remove these files before their default action.
    static func removeAtSignal(_ files: [String]) {
        // Never freed, because a handler may read it at any moment.
        let list = UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>.allocate(capacity: files.count + 1)
        list.initialize(repeating: nil, count: files.count + 1)
        for (index, file) in files.enumerated() { list[index] = strdup(file) }
        names.store(UInt(bitPattern: list), ordering: .releasing)
        for number in signals where !isIgnored(number) { signal(number, end) }
    }

    /// Whether a signal is ignored, like SIGHUP under nohup(1), and must stay so.
    private static func isIgnored(_ number: Int32) -> Bool {
        var current = sigaction()
        guard sigaction(number, nil, &current) == 0 else { return false }
        return unsafeBitCast(current.__sigaction_handler.sa_handler, to: Int.self)
            == unsafeBitCast(SIG_IGN, to: Int.self)
    }

    /// Calls only what signal-safety(7) allows.
    private static let end: @convention(c) (Int32) -> Void = { number in
        var next = UnsafePointer<UnsafeMutablePointer<CChar>?>(bitPattern: names.load(ordering: .acquiring))
        while let name = next?.pointee {
            unlink(name)
            next = next?.successor()
        }
        let child = child.load(ordering: .relaxed)
        if child > 0 { kill(child, number) }
        signal(number, SIG_DFL)
        raise(number)
    }
}
