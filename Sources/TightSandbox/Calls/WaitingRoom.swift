/// Tests that wait for requests, each until its condition holds.
struct WaitingRoom: Sendable {
    enum Condition: Sendable {
        case begun(Int, user: Int?)
        case ended(Int, user: Int?)
    }

    private var guests: [(condition: Condition, wait: AsyncStream<Void>.Continuation)] = []

    /// Returns a stream that ends when the condition holds; it has no elements.
    mutating func enter(_ condition: Condition) -> AsyncStream<Void> {
        let (end, wait) = AsyncStream.makeStream(of: Void.self)
        guests.append((condition, wait))
        return end
    }

    /// Ends the waits whose condition holds, given how many requests of a user, or of all (nil), have begun and ended.
    mutating func releaseMet(_ counts: (_ user: Int?) -> (begun: Int, ended: Int)) {
        guests.removeAll { guest in
            let isMet =
                switch guest.condition {
                case .begun(let count, let user): counts(user).begun >= count
                case .ended(let count, let user): counts(user).ended >= count
                }
            if isMet { guest.wait.finish() }
            return isMet
        }
    }
}
