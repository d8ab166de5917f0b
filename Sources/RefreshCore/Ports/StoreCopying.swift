/// A store as it is copied to another, or another to it: rows, with nobody else at work.
package protocol StoreCopying: Sendable {
    /// For messages, and for the note in the other store.
    var address: String { get }
    /// Which version made it.
    func maker() async throws(StoreProblem) -> String
    /// When the last open lease ends; nil where there is none.
    func lastLeaseEnd() async throws(StoreProblem) -> Timestamp?
    /// Members that have open leases; none where the store knows no members.
    func leaseHolders() async throws(StoreProblem) -> Set<Int64>

    // MARK: From it

    func rowCount(of table: CopiedTable) async throws(StoreProblem) -> Int
    /// Rows in the order of their keys, those after `key`; none only where no more come.
    func rows(of table: CopiedTable, after key: [Int64]?, limit: Int) async throws(StoreProblem) -> CopiedRows
    /// From here on nobody works with the store; nil takes that back.
    func note(_ departure: StoreDeparture?) async throws(StoreProblem)
    /// Takes the note of a departure back. With a restoration all users count as called at its moment: what was done
    /// elsewhere meanwhile is unknown here.
    func reopen(as restoration: StoreRestoration?) async throws(StoreProblem)

    // MARK: To it

    /// Removes everything that a copy brings; from here on nobody works with the store.
    func begin(_ arrival: StoreArrival) async throws(StoreProblem)
    /// Adds rows and notes how far the copy is, both or neither.
    ///
    /// Those that are the first of a run may have been sent by the run before it, when that was killed.
    func add(_ rows: CopiedRows, areFirst: Bool, noting arrival: StoreArrival) async throws(StoreProblem)
    /// The copy is complete: the store is the other one now, from its next opening on.
    ///
    /// It notes what it was, until that is told.
    func complete(seed: UInt64, maker: String, as origin: StoreOrigin) async throws(StoreProblem)

    /// The store that this one was, where no daemon has told of it yet.
    func untoldOrigin() async throws(StoreProblem) -> StoreOrigin?
    func noteOriginTold() async throws(StoreProblem)
}
