import PostgreSQLStore
import RefreshConfiguration
import RefreshCore
import SQLiteStore

/// What this program needs of an open store, of either kind.
protocol OpenStore: UserStore, SealedTokenKeeping, StoreCopying {
    /// Whether this opening made the store.
    var isNew: Bool { get }

    func close() async throws(StoreProblem)
}

extension SQLiteUserStore: OpenStore {}
extension PostgreSQLUserStore: OpenStore {}

/// Runs `body`, then `end`, whatever comes of it; if both fail, the failure of `body` is thrown.
func running<Answer>(
    _ body: () async throws -> Answer, finally end: () async throws -> Void
) async throws -> Answer {
    let answer: Answer
    do {
        answer = try await body()
    } catch {
        try? await end()
        throw error
    }
    try await end()
    return answer
}

extension OpenStore {
    func closing<Answer>(after body: () async throws -> Answer) async throws -> Answer {
        try await running(body, finally: close)
    }

    /// Whether the store is new, or empty and never used by a daemon: a command that only looked may have made it.
    var isUntried: Bool {
        get async throws(StoreProblem) {
            if isNew { return true }
            guard try await clockMark() == nil else { return false }
            return try await !marks().hasUsers
        }
    }

    /// Reports once that the store was moved here; twice if the process ends in between.
    func tellOrigin(to events: any EventReporting) async throws(StoreProblem) {
        guard let origin = try await untoldOrigin() else { return }
        events.report(.storeMoved(origin))
        try await noteOriginTold()
    }

    /// The settings that the daemons of the store follow instead of those of their files; nil if there are none.
    ///
    /// Those of another version that cannot be read are ignored: a command makes no calls, so it may go on.
    func sharedSettings() async throws(StoreProblem) -> SharedSettings? {
        try await fleetSettings().flatMap { try? SharedSettings(text: $0.text) }
    }
}
