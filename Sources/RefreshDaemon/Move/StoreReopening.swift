package import RefreshCore

/// Works again with a store that was copied to another, or was to be.
package struct StoreReopening: Sendable {
    package struct Report: Equatable, Sendable {
        /// What the store had noted; nil where it was open.
        package let departure: StoreDeparture?
        /// Since when users count as called: what was done elsewhere is unknown; nil where nothing can have been done.
        package let calledAt: Timestamp?
    }

    private let store: StoreMove.End
    private let time: any Timekeeping

    package init(_ store: StoreMove.End, time: any Timekeeping) {
        self.store = store
        self.time = time
    }

    /// Until it was complete nobody could work with the copy.
    ///
    /// Afterwards users may have been called from there: they count as called now, as after a restore.
    package func run() async throws(StoreProblem) -> Report {
        let marks = try await store.marks()
        if marks.arrival != nil, let closure = marks.closure { throw .closed(place: store.address, closure) }
        guard let departure = marks.departure else { return Report(departure: nil, calledAt: nil) }
        guard let leftAt = departure.leftAt else {
            try await store.reopen(as: nil)
            return Report(departure: departure, calledAt: nil)
        }
        let now = time.now.advanced(by: try await CalendarOffset(of: store, time: time).most)
        try await store.reopen(as: StoreRestoration(takenAt: leftAt, restoredAt: now, isReopening: true))
        return Report(departure: departure, calledAt: now)
    }
}
