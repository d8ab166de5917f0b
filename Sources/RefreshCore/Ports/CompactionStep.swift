/// The result of one step of compacting a store, and where the next one starts.
package struct CompactionStep: Equatable, Sendable {
    package enum Next: Equatable, Sendable {
        /// From this mark on, which means something to the store alone.
        case after(String)
        case done
        /// The store cannot give space back while it is worked with.
        case unable
    }

    package let next: Next
    /// How much of the pass is done, from 0 to 1.
    package let share: Double

    package init(next: Next, share: Double) {
        self.next = next
        self.share = share
    }
}
