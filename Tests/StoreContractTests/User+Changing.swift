import RefreshCore

extension User {
    func with(state: UserState) -> User {
        var changed = self
        changed.state = state
        return changed
    }
}
