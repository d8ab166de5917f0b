import Host
import RefreshCore
import Testing

@Suite(.timeLimit(.minutes(1))) struct JournalQueueTests {
    private func entry(_ message: String) -> JournalEntry {
        JournalEntry(at: .epoch, priority: .info, message: message)
    }

    private func queue(_ sink: RecordingSink, entries: Int = 1_000, bytes: Int = 1_000_000) -> JournalQueue {
        JournalQueue(sink: sink, limits: .init(entries: entries, bytes: bytes)) { count in
            JournalEntry(at: .epoch, priority: .warning, message: "lost \(count)")
        }
    }

    @Test func `keeps the order`() async {
        let sink = RecordingSink()
        let queue = queue(sink)
        for number in 0..<500 { queue.append(entry("\(number)")) }
        #expect(await queue.flush(within: .seconds(30)))
        #expect(sink.messages == (0..<500).map { "\($0)" })
        #expect(queue.droppedCount == 0)
    }

    @Test func `a journal that stalls holds nobody up, and is told what it missed`() async {
        let sink = RecordingSink(shut: true)
        let queue = queue(sink, entries: 4)
        for number in 1...7 { queue.append(entry("\(number)")) }
        #expect(queue.droppedCount == 3)
        #expect(sink.messages.isEmpty)

        sink.open()
        #expect(await queue.flush(within: .seconds(30)))
        #expect(sink.kept == ["1", "2", "3", "4"])
        #expect(sink.lost == 3)
        #expect(sink.messages.last?.hasPrefix("lost") == true)

        queue.append(entry("8"))
        #expect(await queue.flush(within: .seconds(30)))
        #expect(sink.messages.last == "8")
        #expect(sink.lost == 3)
    }

    @Test func `is bounded in bytes too`() async {
        let sink = RecordingSink(shut: true)
        let queue = queue(sink, bytes: 4_000)
        for number in 1...100 { queue.append(entry("\(number)" + String(repeating: "x", count: 1_000))) }
        #expect((96...97).contains(queue.droppedCount))
        sink.open()
        #expect(await queue.flush(within: .seconds(30)))
        #expect(sink.lost == queue.droppedCount)
        #expect(sink.kept.count == 100 - queue.droppedCount)
    }

    @Test func `what is written makes room`() async {
        let sink = RecordingSink()
        let queue = queue(sink, entries: 10)
        for _ in 0..<20 {
            for number in 0..<10 { queue.append(entry("\(number)")) }
            #expect(await queue.flush(within: .seconds(30)))
        }
        #expect(sink.messages.count == 200)
        #expect(queue.droppedCount == 0)
    }

    @Test func `a flush gives up when its time is over`() async {
        let sink = RecordingSink(shut: true)
        let queue = queue(sink)
        queue.append(entry("1"))
        #expect(await queue.flush(within: .milliseconds(20)) == false)
        sink.open()
        #expect(await queue.flush(within: .seconds(30)))
        #expect(sink.messages == ["1"])
    }

    @Test func `entries that a sink refuses count as lost, and are told when it works again`() async {
        let sink = RecordingSink()
        let queue = queue(sink)
        sink.setBroken(true)
        for number in 1...3 { queue.append(entry("\(number)")) }
        #expect(await queue.flush(within: .seconds(30)))
        #expect(queue.droppedCount == 3)
        sink.setBroken(false)
        queue.append(entry("4"))
        #expect(await queue.flush(within: .seconds(30)))
        #expect(sink.messages == ["4", "lost 3"])
    }

    @Test func `an entry that is refused among others is counted, and those stay in order`() async {
        let sink = SevenRefusingSink()
        let queue = JournalQueue(sink: sink) { JournalEntry(at: .epoch, priority: .warning, message: "lost \($0)") }
        for number in 0..<500 { queue.append(entry("\(number)")) }
        #expect(await queue.flush(within: .seconds(30)))
        queue.append(entry("end"))
        #expect(await queue.flush(within: .seconds(30)))
        #expect(queue.droppedCount == 50)
        #expect(queue.waitingCount == 0)
        #expect(sink.recording.kept == (0..<500).filter { $0 % 10 != 7 }.map { "\($0)" } + ["end"])
        #expect(sink.recording.lost == 50)
    }

    @Test func `takes entries from many at once`() async {
        let sink = RecordingSink()
        let queue = queue(sink, entries: 100_000, bytes: 100_000_000)
        await withTaskGroup { group in
            for writer in 0..<8 {
                group.addTask { for number in 0..<500 { queue.append(entry("\(writer) \(number)")) } }
            }
        }
        #expect(await queue.flush(within: .seconds(30)))
        #expect(sink.messages.count == 4_000)
        for writer in 0..<8 {
            #expect(
                sink.messages.filter { $0.hasPrefix("\(writer) ") } == (0..<500).map { "\(writer) \($0)" }
            )
        }
    }
}

/// Refuses every entry whose message ends with a seven, unless it tells of those.
private struct SevenRefusingSink: JournalSink {
    let recording = RecordingSink()

    func write(_ entry: JournalEntry) -> Bool {
        let message = entry[.message] ?? ""
        return (!message.hasSuffix("7") || message.hasPrefix("lost")) && recording.write(entry)
    }
}

extension RecordingSink {
    /// What was written but notices.
    fileprivate var kept: [String] { messages.filter { !$0.hasPrefix("lost") } }

    /// How many entries the notices tell of; a queue that was told twice may tell twice.
    fileprivate var lost: Int {
        messages.filter { $0.hasPrefix("lost") }.compactMap { Int($0.dropFirst("lost ".count)) }.reduce(0, +)
    }
}
