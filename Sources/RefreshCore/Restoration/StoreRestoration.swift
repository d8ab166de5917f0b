/// That a store came from a backup, and what is known about the time since then.
package struct StoreRestoration: Equatable, Sendable {
    /// When the backup was made; later events are not in the store.
    package var takenAt: Timestamp
    /// When it became the store; calls that the store does not know of were made before.
    package var restoredAt: Timestamp
    /// Whether the moments of the store before were taken over: then nothing about calls is unknown.
    package var isTakenOver: Bool
    /// Whether all users were held back for it, and the operator was told.
    package var isFollowed: Bool

    package init(takenAt: Timestamp, restoredAt: Timestamp, isTakenOver: Bool = false, isFollowed: Bool = false) {
        self.takenAt = takenAt
        self.restoredAt = restoredAt
        self.isTakenOver = isTakenOver
        self.isFollowed = isFollowed
    }

    /// Whether the user's refresh token came with the backup: it may have been used since, and a server that sees it
    /// used twice may revoke all that came of it.
    package func putsAtRisk(_ user: User) -> Bool {
        user.renewal.issuedAt.map { $0 <= restoredAt } ?? true
    }

    private static let beginning = "the store was restored from a backup"

    /// The reason of a user that is parked because its restored token is refused and cannot be renewed.
    package var parkNote: String {
        "\(Self.beginning) of \(takenAt): the token may have been replaced since"
    }

    /// That note, where a reason ends with one.
    package static func parkNote(in reason: String?) -> Substring? {
        guard let reason else { return nil }
        var rest = reason[...]
        while !rest.isEmpty {
            if rest.hasPrefix(beginning) { return rest }
            rest = rest.dropFirst()
        }
        return nil
    }
}
