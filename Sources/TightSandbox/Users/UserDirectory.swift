import RefreshCore

/// Everyone whom the sandbox knows, by name and by number.
struct UserDirectory: Sendable {
    let ids: [UserID]
    private let byID: [UserID: Int]

    init(_ users: SandboxUsers) {
        var ids: [UserID] = []
        var byID: [UserID: Int] = [:]
        ids.reserveCapacity(users.list.count)
        byID.reserveCapacity(users.list.count)
        for user in users.list where byID.updateValue(byID[user.id] ?? ids.count, forKey: user.id) == nil {
            ids.append(user.id)
        }
        self.ids = ids
        self.byID = byID
    }

    func index(of user: UserID) -> Int? {
        byID[user]
    }

    /// Nil too when the text could be nobody's id.
    func index(of text: String) -> Int? {
        (try? UserID(text)).flatMap { byID[$0] }
    }
}
