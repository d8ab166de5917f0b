/// Where entries end up.
///
/// May block for as long as the other side does: only the queue's own thread calls it.
package protocol JournalSink: Sendable {
    /// Tells whether the entry was taken.
    func write(_ entry: JournalEntry) -> Bool
}
