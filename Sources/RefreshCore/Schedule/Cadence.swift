/// How often users are called: one slot in every turn of `every`, pinned to absolute time.
package struct Cadence: Equatable, Sendable {
    /// One turn of the circle; at least a second.
    package let every: Duration

    package init(every: Duration) {
        self.every = max(every, .seconds(1))
    }

    /// The first slot of a place at or after a moment.
    package func slot(of place: Place, notBefore moment: Timestamp) -> Timestamp {
        let turn = every.wholeMicroseconds
        let offset = place.offset(in: every).wholeMicroseconds
        let elapsed = moment.microsecondsSinceEpoch.saturatingAdding(-offset)
        let turns = elapsed.floorDivided(by: turn)
        let candidate = turns.saturatingMultiplied(by: turn).saturatingAdding(offset)
        return Timestamp(
            microsecondsSinceEpoch: candidate >= moment.microsecondsSinceEpoch
                ? candidate : candidate.saturatingAdding(turn)
        )
    }

    /// The first slot of a place after a moment.
    package func slot(of place: Place, after moment: Timestamp) -> Timestamp {
        slot(of: place, notBefore: moment.advanced(by: .microseconds(1)))
    }
}
