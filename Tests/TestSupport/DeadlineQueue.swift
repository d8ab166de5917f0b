/// Deadlines on the steady clock in order, the earliest first, ties by id: a binary heap.
struct DeadlineQueue: Sendable {
    struct Entry: Comparable, Sendable {
        let deadline: Duration
        let id: Int

        static func < (lhs: Entry, rhs: Entry) -> Bool {
            lhs.deadline == rhs.deadline ? lhs.id < rhs.id : lhs.deadline < rhs.deadline
        }
    }

    private var heap = Heap<Entry>()

    var first: Entry? { heap.first }

    mutating func insert(deadline: Duration, id: Int) { heap.insert(Entry(deadline: deadline, id: id)) }
    mutating func removeFirst() { heap.removeFirst() }

    /// Gives every entry another deadline; nil drops it.
    mutating func replaceAll(_ deadline: (Duration, Int) -> Duration?) {
        for entry in heap.removeAll() {
            guard let moved = deadline(entry.deadline, entry.id) else { continue }
            insert(deadline: moved, id: entry.id)
        }
    }
}
