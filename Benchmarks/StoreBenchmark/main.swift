import Glibc
import RefreshCore
import SQLiteStore

/// Leases and settles every user of a new store, as the daemon does but without the calls: StoreBenchmark PATH USERS.
///
/// Prints rows a second, and the bytes written and microseconds of CPU for each, as JSON: on a busy machine the last is
/// the truest. With BACKUP, a path, as a third argument the second half is
/// settled while one backup after the other is written there; then it prints what a settlement waits without and with
/// them, and how many there were.

func bytesWritten() throws -> Int {
    guard let file = fopen("/proc/self/io", "r") else {
        throw StoreProblem.unreachable(place: "/proc/self/io", detail: "")
    }
    defer { fclose(file) }
    var line: UnsafeMutablePointer<CChar>?
    var size = 0
    defer { free(line) }
    while getline(&line, &size, file) > 0, let line {
        let words = String(cString: line).split { $0 == " " || $0 == "\n" }
        if words.first == "write_bytes:", let count = words.last.flatMap({ Int($0) }) { return count }
    }
    throw StoreProblem.unreachable(place: "/proc/self/io", detail: "it has no write_bytes")
}

/// What all threads of this process have taken, in seconds.
func processorTime() -> Double {
    var time = timespec()
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time)
    return Double(time.tv_sec) + Double(time.tv_nsec) * 1e-9
}

let batch = 500
let path = CommandLine.arguments[1]
let users = Int(CommandLine.arguments[2]) ?? 0
var now = Timestamp(microsecondsSinceEpoch: Int64(time(nil)) * 1_000_000)
let store = try SQLiteUserStore.open(path: path, version: "benchmark", now: now) { _ throws(StoreProblem) in }
let policy = UserPolicy.standard
var random = SplitMix64(seed: 6)

// All within one turn of the circle, which is just over.
let start = now.advanced(by: .seconds(-86_400))
for first in stride(from: 0, to: users, by: 100_000) {
    let rows = try (first..<min(first + 100_000, users)).map { number in
        NewUser(
            id: try UserID("user-\(number)"), group: nil,
            token: SealedToken(bytes: (0..<130).map { _ in UInt8.random(in: 0...255, using: &random) }), expiresAt: nil)
    }
    _ = try await store.put(
        rows,
        added: { row, place in NextStep.added(row.id, at: place, group: nil, policy: policy, now: start) },
        replaced: { _, user in user })
}

/// Settlements that wait for the store, in seconds.
var waits: [Double] = []
let clock = ContinuousClock()
var settled = 0

func inSeconds(_ duration: Duration) -> Double {
    Double(duration.components.seconds) + Double(duration.components.attoseconds) * 1e-18
}

/// Leases and settles up to `count` users, in batches.
@MainActor func drain(_ count: Int) async throws {
    let last = settled + count
    while settled < last {
        let leased = try await store.leaseDue(now: now, until: now.advanced(by: .seconds(240)), limit: batch)
        if leased.isEmpty { break }
        let attempt = Attempt(
            outcome: .refreshed, httpStatus: 200, trigger: .schedule, startedAt: now, endedAt: now,
            duration: .seconds(1))
        var settlements: [Settlement] = []
        for one in leased {
            let user = NextStep.after(attempt, of: one.user, under: policy, using: &random)
            settlements.append(Settlement(lease: one.lease, revision: one.revision, user: user))
        }
        let began = clock.now
        settled += try await store.settle(settlements).count { $0 == .settled }
        waits.append(inSeconds(began.duration(to: clock.now)))
    }
}

/// Begins one backup after the other until cancelled; how many.
@Sendable func backUp(_ store: SQLiteUserStore, to target: String) async throws -> Int {
    var count = 0
    while !Task.isCancelled {
        count += 1
        do {
            _ = try await store.backUp(
                to: target, at: Timestamp(microsecondsSinceEpoch: Int64(time(nil)) * 1_000_000), version: "benchmark")
        } catch .cancelled {
            break
        }
        unlink(target)
    }
    return count
}

@MainActor func p99() -> Double {
    let sorted = waits.sorted()
    return sorted.isEmpty ? 0 : sorted[sorted.count * 99 / 100]
}

if CommandLine.arguments.count > 3 {
    let target = CommandLine.arguments[3]
    try await drain(users / 2)
    let alone = p99()
    waits = []
    let backups = Task { try await backUp(store, to: target) }
    try await drain(users - settled)
    let during = p99()
    backups.cancel()
    print(#"{"alone": \#(alone), "during": \#(during), "backups": \#(try await backups.value)}"#)
} else {
    let (written, taken) = (try bytesWritten(), processorTime())
    let elapsed = try await clock.measure { try await drain(users) }
    let perRow = Double(try bytesWritten() - written) / Double(max(settled, 1))
    let cpu = (processorTime() - taken) * 1e6 / Double(max(settled, 1))
    let rate = Double(settled) / inSeconds(elapsed)
    print(#"{"rows": \#(settled), "rate": \#(rate), "written": \#(perRow), "cpu": \#(cpu)}"#)
}
guard settled == users else {
    throw StoreProblem.unreachable(place: path, detail: "\(settled) of \(users) were settled")
}
try store.close()
