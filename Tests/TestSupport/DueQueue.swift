package import RefreshCore

/// Due moments in order, the earliest first, ties by place: a binary heap.
///
/// Entries are never taken back: whoever reads one checks that it still holds.
package struct DueQueue: Sendable {
    package struct Entry: Comparable, Sendable {
        package let due: Timestamp
        package let place: Place

        package init(due: Timestamp, place: Place) {
            self.due = due
            self.place = place
        }

        package static func < (lhs: Entry, rhs: Entry) -> Bool {
            (lhs.due, lhs.place) < (rhs.due, rhs.place)
        }
    }

    private var heap = Heap<Entry>()

    package init() {}

    package var first: Entry? { heap.first }

    package mutating func insert(_ entry: Entry) { heap.insert(entry) }
    package mutating func removeFirst() { heap.removeFirst() }
}
