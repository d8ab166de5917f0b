import Glibc
import PostgreSQLStore
import RefreshCore

/// Works with a store on a PostgreSQL server as daemons and imports do, for Benchmarks/harness/shared.py:
/// SharedStoreBenchmark SOCKET DATABASE STEP…
///
/// Before each step it prints `ready` and waits for a line, so that the processor time of the server's processes can be
/// read in between; after it, what it found, as JSON. At last it waits for the end of its input with its connections open.
/// Steps: `import:USERS`, or `import:USERS:COUNT` for other than 100,000 in a transaction; `again:USERS` and `change:USERS`
/// (every tenth has another token) of the same; `batches:CLAIMERS:USERS` leases and settles by the store,
/// `rows:CLAIMERS:USERS` and `jobs:CLAIMERS:USERS` by leases of rows, tuned and as is common, once `prepare:rows` and
/// `prepare:jobs` made their tables.

/// What all threads of this process have taken, in seconds.
func processorTime() -> Double {
    var time = timespec()
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time)
    return Double(time.tv_sec) + Double(time.tv_nsec) * 1e-9
}

func inSeconds(_ duration: Duration) -> Double {
    Double(duration.components.seconds) + Double(duration.components.attoseconds) * 1e-18
}

func median(_ values: [Double]) -> Double {
    let sorted = values.sorted()
    return sorted.isEmpty ? 0 : sorted[sorted.count / 2]
}

/// What a step did: users, and how long claims of a whole batch took.
struct Work {
    var users: Int
    var claims: [Double] = []

    mutating func add(_ other: Work) {
        users += other.users
        claims += other.claims
    }
}

guard CommandLine.arguments.count > 3 else {
    print("usage: SharedStoreBenchmark SOCKET DATABASE STEP…")
    exit(64)
}
let (socket, database) = (CommandLine.arguments[1], CommandLine.arguments[2])
let now = Timestamp(microsecondsSinceEpoch: Int64(time(nil)) * 1_000_000)
let benchmark = Benchmark(
    ConnectionSettings(hosts: [.init(name: socket)], database: database, user: "bench"), now: now)
let queues = Dictionary(
    uniqueKeysWithValues: RowLeases.Way.allCases.map {
        ($0.rawValue, RowLeases(way: $0, socket: socket, database: database, now: now))
    })
var connections: [String: [PlainConnection]] = [:]

for step in CommandLine.arguments.dropFirst(3) {
    let words = step.split(separator: ":").map(String.init)
    let numbers = words.dropFirst().compactMap { Int($0) }
    print("ready")
    fflush(nil)
    guard readLine() != nil else { exit(1) }
    let taken = processorTime()
    let clock = ContinuousClock()
    var work = Work(users: 0)
    let elapsed = try await clock.measure {
        switch (words.first, numbers.count) {
        case ("import", 1): work = try await benchmark.put(numbers[0], change: .add)
        case ("import", 2): work = try await benchmark.put(numbers[0], change: .add, atOnce: numbers[1])
        case ("again", 1): work = try await benchmark.compare(numbers[0])
        case ("change", 1): work = try await benchmark.put(numbers[0], change: .replaceTenth)
        case ("prepare", 0) where words.count == 2: try queues[words[1]]?.prepare()
        case ("batches", 2): work = try await benchmark.drain(numbers[1], claimers: numbers[0])
        case (let name?, 2):
            guard let queue = queues[name] else { fallthrough }
            var open = connections[name, default: []]
            while open.count < numbers[0] { open.append(try queue.connect()) }
            connections[name] = open
            work = try await queue.drain(numbers[1], connections: Array(open.prefix(numbers[0])))
        default:
            print("no such step: \(step)")
            exit(64)
        }
    }
    let seconds = inSeconds(elapsed)
    print(
        #"{"step": "\#(step)", "users": \#(work.users), "seconds": \#(seconds), "client": \#(processorTime() - taken), "#
            + #""claim": \#(median(work.claims))}"#)
}
fflush(nil)
_ = readLine()
await benchmark.close()
