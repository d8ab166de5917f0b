/// The state of a user in the schedule.
///
/// Only `scheduled`, `backingOff` and a pause with an end have a due time.
package enum UserState: Equatable, Sendable {
    /// Called at its slot.
    case scheduled(due: Timestamp)
    /// Called after a wait that a failure imposed.
    case backingOff(due: Timestamp)
    /// Not called until a new token or `resume`.
    case parked(ParkReason, since: Timestamp)
    /// Not called, at the operator's request, indefinitely or until the pause ends.
    case paused(PauseEnd?)

    /// When the next call may start; nil if only a person or a new token can bring one.
    package var due: Timestamp? {
        switch self {
        case .scheduled(let due), .backingOff(let due): due
        case .paused(let end): end?.due
        case .parked: nil
        }
    }

    /// The state with another due time, if it has one.
    func due(at moment: Timestamp) -> UserState {
        switch self {
        case .scheduled: .scheduled(due: moment)
        case .backingOff: .backingOff(due: moment)
        case .paused(let end?): .paused(PauseEnd(until: end.until, due: moment))
        case .paused(nil), .parked: self
        }
    }

    package var kind: Kind {
        switch self {
        case .scheduled: .scheduled
        case .backingOff: .backingOff
        case .parked: .parked
        case .paused: .paused
        }
    }

    /// The state's name, as users see it.
    package enum Kind: String, Word {
        case scheduled
        case backingOff = "backing off"
        case parked
        case paused
    }
}

/// The end of a timed pause, and the slot after it at which the user is called again.
package struct PauseEnd: Equatable, Sendable {
    package let until: Timestamp
    package let due: Timestamp

    package init(until: Timestamp, due: Timestamp) {
        self.until = until
        self.due = due
    }
}

/// Why a user is parked.
package enum ParkReason: String, Word {
    case unauthorized
    case forbidden
    /// Tight answered with the same 4xx in several intervals of the schedule.
    case refused
}
