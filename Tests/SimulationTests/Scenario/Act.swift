import RefreshCore

/// Something that happens to the daemon, or is asked of it.
enum Act: Sendable {
    /// The process dies after this many more of its jobs; another starts later, by then with a stepped clock perhaps.
    case kill(afterJobs: Int, downtime: Duration, step: Duration?, settings: Int?)
    case restart(downtime: Duration, step: Duration?, settings: Int?)
    case step(Duration)
    case suspend(Duration)
    /// The index of the settings that the file holds now.
    case reload(Int)
    case badReload
    case add(Int)
    case replaceToken(Int)
    case remove(Int)
    case pause(Int, Duration?)
    case resume(Int)
    case refresh([Int], force: Bool)
    case pauseFleet(Duration?)
    case resumeFleet
    /// The upstream takes a user's token back.
    case revoke(Int)
    case storeTrouble(StoreTroubleKind, Duration)

    struct Timed: Sendable {
        let at: Duration
        let act: Act
    }
}

/// What a troubled store refuses.
enum StoreTroubleKind: Sendable {
    case writes
    case everything
    /// Settlements are written, and the answer says that they were not.
    case lostAnswers
}
