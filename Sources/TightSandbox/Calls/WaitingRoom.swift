/// Tests that wait for calls, each until its condition holds.
struct WaitingRoom: Sendable {
    enum Condition: Sendable {
        case begun(Int, user: Int?)
        case ended(Int, user: Int?)
    }

    /// The continuations to resume once the lock is released.
    enum Met: Sendable {
        case none
        case some([CheckedContinuation<Void, any Error>])
        case cancelled(CheckedContinuation<Void, any Error>)

        func resume() {
            switch self {
            case .none: break
            case .some(let continuations): continuations.forEach { $0.resume() }
            case .cancelled(let continuation): continuation.resume(throwing: CancellationError())
            }
        }
    }

    private struct Guest: Sendable {
        let condition: Condition
        let continuation: CheckedContinuation<Void, any Error>
    }

    private var guests: [Int: Guest] = [:]
    private var lastTicket = 0
    /// Tickets whose task was cancelled before it entered.
    private var cancelled: Set<Int> = []

    mutating func ticket() -> Int {
        lastTicket += 1
        return lastTicket
    }

    /// Whether the guest may wait; false if its task was already cancelled.
    mutating func enter(
        _ ticket: Int,
        _ condition: Condition,
        _ continuation: CheckedContinuation<Void, any Error>
    ) -> Bool {
        guard cancelled.remove(ticket) == nil else { return false }
        guests[ticket] = Guest(condition: condition, continuation: continuation)
        return true
    }

    /// Cancels a wait; a ticket whose wait is already over is kept, at a few bytes per cancelled test.
    mutating func leave(_ ticket: Int) -> Met {
        if let guest = guests.removeValue(forKey: ticket) { return .cancelled(guest.continuation) }
        cancelled.insert(ticket)
        return .none
    }

    mutating func takeMet(begun: Int, ended: Int, ofUser: (Int) -> (begun: Int, ended: Int)) -> Met {
        guard !guests.isEmpty else { return .none }
        let met = guests.filter { _, guest in
            switch guest.condition {
            case .begun(let count, nil): begun >= count
            case .ended(let count, nil): ended >= count
            case .begun(let count, let user?): ofUser(user).begun >= count
            case .ended(let count, let user?): ofUser(user).ended >= count
            }
        }
        for ticket in met.keys { guests[ticket] = nil }
        return met.isEmpty ? .none : .some(met.values.map(\.continuation))
    }
}
