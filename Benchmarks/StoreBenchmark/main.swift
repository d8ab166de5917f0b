import Glibc
import RefreshCore
import SQLiteStore

/// Leases and settles every user of a new store, as the daemon does but without the calls: StoreBenchmark PATH USERS.
///
/// Prints rows a second and bytes written for each, as JSON.

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

let batch = 500
let path = CommandLine.arguments[1]
let users = Int(CommandLine.arguments[2]) ?? 0
var now = Timestamp(microsecondsSinceEpoch: Int64(time(nil)) * 1_000_000)
let store = try SQLiteUserStore.open(path: path, version: "benchmark", now: now) { _ throws(StoreProblem) in }
let policy = UserPolicy()
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

let written = try bytesWritten()
let clock = ContinuousClock()
var settled = 0
let elapsed = try await clock.measure {
    while true {
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
        settled += try await store.settle(settlements).count { $0 == .settled }
    }
}
let seconds = Double(elapsed.components.seconds) + Double(elapsed.components.attoseconds) * 1e-18
let perRow = Double(try bytesWritten() - written) / Double(max(settled, 1))
guard settled == users else {
    throw StoreProblem.unreachable(place: path, detail: "\(settled) of \(users) were settled")
}
print(#"{"rows": \#(settled), "rate": \#(Double(settled) / seconds), "written": \#(perRow)}"#)
try store.close()
