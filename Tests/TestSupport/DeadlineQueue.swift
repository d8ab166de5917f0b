/// Deadlines on the steady clock in order, the earliest first, ties by id: a binary heap.
struct DeadlineQueue: Sendable {
    struct Entry: Comparable, Sendable {
        let deadline: Duration
        let id: Int

        static func < (lhs: Entry, rhs: Entry) -> Bool {
            lhs.deadline == rhs.deadline ? lhs.id < rhs.id : lhs.deadline < rhs.deadline
        }
    }

    private var heap: [Entry] = []

    var first: Entry? { heap.first }

    mutating func insert(deadline: Duration, id: Int) {
        heap.append(Entry(deadline: deadline, id: id))
        var child = heap.count - 1
        while child > 0, heap[child] < heap[(child - 1) / 2] {
            heap.swapAt(child, (child - 1) / 2)
            child = (child - 1) / 2
        }
    }

    mutating func removeFirst() {
        guard let last = heap.popLast(), !heap.isEmpty else { return }
        heap[0] = last
        var parent = 0
        while true {
            var least = parent
            for child in [2 * parent + 1, 2 * parent + 2] where child < heap.count && heap[child] < heap[least] {
                least = child
            }
            guard least != parent else { return }
            heap.swapAt(parent, least)
            parent = least
        }
    }

    /// Gives every entry another deadline; nil drops it.
    mutating func replaceAll(_ deadline: (Duration, Int) -> Duration?) {
        let old = heap
        heap = []
        for entry in old {
            guard let moved = deadline(entry.deadline, entry.id) else { continue }
            insert(deadline: moved, id: entry.id)
        }
    }
}
