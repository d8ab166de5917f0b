import Glibc
import Synchronization

/// Files that are of no use to anybody should a signal end this process before they are complete.
enum UnfinishedFile {
    private static let signals = [SIGINT, SIGTERM, SIGHUP]
    /// Of an array of C strings, with a null at its end: what a handler of signals may read.
    private static let names = Atomic<UInt>(0)
    /// The process that works for this one, which is ended with it.
    static let child = Atomic<pid_t>(0)

    /// From now on SIGINT, SIGTERM and SIGHUP remove these files, and then do what they do.
    static func removeAtSignal(_ files: [String]) {
        // It lasts until the process ends, for a handler may read it at any moment.
        let list = UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>.allocate(capacity: files.count + 1)
        list.initialize(repeating: nil, count: files.count + 1)
        for (index, file) in files.enumerated() { list[index] = strdup(file) }
        names.store(UInt(bitPattern: list), ordering: .releasing)
        for number in signals where !isIgnored(number) { signal(number, end) }
    }

    /// As SIGHUP is under nohup(1): then it goes on being ignored.
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
