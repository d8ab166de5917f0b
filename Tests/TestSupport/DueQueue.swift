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

    private var heap: [Entry] = []

    package init() {}

    package var first: Entry? { heap.first }

    package mutating func insert(_ entry: Entry) {
        heap.append(entry)
        var child = heap.count - 1
        while child > 0, heap[child] < heap[(child - 1) / 2] {
            heap.swapAt(child, (child - 1) / 2)
            child = (child - 1) / 2
        }
    }

    package mutating func removeFirst() {
        heap[0] = heap[heap.count - 1]
        heap.removeLast()
        var parent = 0
        while true {
            var least = parent
            for child in [2 * parent + 1, 2 * parent + 2]
            where child < heap.count && heap[child] < heap[least] {
                least = child
            }
            guard least != parent else { return }
            heap.swapAt(parent, least)
            parent = least
        }
    }
}
