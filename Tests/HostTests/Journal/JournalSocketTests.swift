import Glibc
import RefreshCore
import Synchronization
import Testing

@testable import Host

/// The journal as a socket of the test's own, with what stands in for the library noting what it is given.
@Suite(.timeLimit(.minutes(1)))
struct JournalSocketTests {
    private let directory: TemporaryDirectory
    private var path: String { directory.path + "/socket" }

    init() throws {
        directory = try TemporaryDirectory()
    }

    private static func entry(_ number: Int, changes: String? = nil) -> JournalEntry {
        var entry = JournalEntry(at: .epoch, priority: .notice, messageID: .reloaded, message: "Entry \(number)")
        entry.append(.changes, changes)
        entry.append(.attempt, number)
        return entry
    }

    private static func lines(_ number: Int) -> String {
        "MESSAGE=Entry \(number)\nPRIORITY=5\nSYSLOG_IDENTIFIER=bankrefreshd\n"
            + "MESSAGE_ID=\(MessageID.reloaded.rawValue)\nREFRESH_ATTEMPT=\(number)\n"
    }

    @Test func `an entry is one datagram with a line for each field`() throws {
        let (listener, library) = (try NotifyListener(path), LibraryStandIn())
        let socket = JournalSocket(path: path, library: library.take)
        for number in 1...3 { #expect(socket.write(Self.entry(number))) }
        for number in 1...3 { #expect(listener.next() == Self.lines(number)) }
        #expect(library.taken.isEmpty)
    }

    @Test func `what has a line break, and only that, is the library's`() throws {
        let (listener, library) = (try NotifyListener(path), LibraryStandIn())
        let socket = JournalSocket(path: path, library: library.take)
        let broken = Self.entry(1, changes: "one\ntwo")
        #expect(socket.write(broken))
        #expect(socket.write(Self.entry(2)))
        #expect(library.taken == [broken])
        #expect(listener.next() == Self.lines(2))
        #expect(broken[.changes] == "one\ntwo")
        #expect(broken[.attempt] == "1")
    }

    @Test func `what is too large for the socket is the library's`() throws {
        let (listener, library) = (try NotifyListener(path), LibraryStandIn())
        let socket = JournalSocket(path: path, library: library.take)
        // More than SO_SNDBUF gets, whatever the machine's limit is.
        let large = Self.entry(1, changes: String(repeating: "x", count: 32 << 20))
        #expect(socket.write(large))
        #expect(socket.write(Self.entry(2)))
        #expect(library.taken == [large])
        #expect(listener.next() == Self.lines(2))
    }

    @Test func `a socket that is made anew is found by the next entry`() throws {
        var listener: NotifyListener? = try NotifyListener(path)
        let library = LibraryStandIn()
        let socket = JournalSocket(path: path, library: library.take)
        #expect(socket.write(Self.entry(1)))
        #expect(listener?.next() == Self.lines(1))
        listener = nil
        #expect(unlink(path) == 0)
        listener = try NotifyListener(path)
        #expect(socket.write(Self.entry(2)))
        #expect(library.taken == [Self.entry(2)])
        #expect(socket.write(Self.entry(3)))
        #expect(listener?.next() == Self.lines(3))
        #expect(library.taken == [Self.entry(2)])
    }

    @Test func `without a socket all is the library's, which tells whether it took it, until there is one`() throws {
        let library = LibraryStandIn()
        let socket = JournalSocket(path: path, library: library.take)
        #expect(socket.write(Self.entry(1)))
        library.refuse()
        #expect(!socket.write(Self.entry(2)))
        let listener = try NotifyListener(path)
        #expect(!socket.write(Self.entry(3)))
        #expect(socket.write(Self.entry(4)))
        #expect(listener.next() == Self.lines(4))
        #expect(library.taken == [1, 2, 3].map { Self.entry($0) })
    }

    @Test func `a path that no socket can have is the library's`() {
        let library = LibraryStandIn()
        let socket = JournalSocket(path: path + String(repeating: "x", count: 108), library: library.take)
        #expect(socket.write(Self.entry(1)))
        #expect(library.taken == [Self.entry(1)])
    }

    @Test func `while nobody reads, entries wait in the queue, and go on once somebody does`() async throws {
        let (listener, library) = (try NotifyListener(path), LibraryStandIn())
        let queue = JournalQueue(sink: JournalSocket(path: path, library: library.take)) { Self.entry($0) }
        // The kernel keeps as many datagrams as net.unix.max_dgram_qlen says, which is far less.
        let count = 20_000
        for number in 1...count { queue.append(Self.entry(number)) }
        #expect(await queue.flush(within: .milliseconds(100)) == false)
        #expect(queue.waitingCount > 0)
        for number in 1...count { #expect(listener.next(waits: true) == Self.lines(number)) }
        #expect(await queue.flush(within: .seconds(30)))
        #expect(queue.droppedCount == 0)
        #expect(library.taken.isEmpty)
    }
}

/// In the place of libsystemd: keeps what it is given.
private final class LibraryStandIn: Sendable {
    private let entries = Mutex<[JournalEntry]>([])
    private let isRefusing = Mutex(false)

    var taken: [JournalEntry] { entries.withLock(\.self) }

    func refuse() { isRefusing.withLock { $0 = true } }

    @Sendable func take(_ entry: JournalEntry) -> Bool {
        entries.withLock { $0.append(entry) }
        return isRefusing.withLock { !$0 }
    }
}
