package import RefreshCore

/// Makes a store usable again that was copied to another, or was about to be.
package struct StoreReopening: Sendable {
    package struct Report: Equatable, Sendable {
        /// The departure that the store had noted; nil if it was open.
        package let departure: StoreDeparture?
        /// When users count as called, because calls made from the copy are unknown; nil if none can have been made.
        package let calledAt: Timestamp?
    }

    private let store: StoreMove.End
    private let time: any Timekeeping

    package init(_ store: StoreMove.End, time: any Timekeeping) {
        self.store = store
        self.time = time
    }

    /// Until the copy was complete, no daemon could work with it.
    ///
    /// After that, users may have been called from there: they count as called at present, as after a restore.
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
