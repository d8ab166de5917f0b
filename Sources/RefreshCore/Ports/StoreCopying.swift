/// Copies a store's rows to another store, or another's to it, while no daemon works with it.
package protocol StoreCopying: Sendable {
    /// The store's address, for messages and for the note in the other store.
    var address: String { get }
    /// The version that made the store.
    func maker() async throws(StoreProblem) -> String
    /// When the last open lease ends; nil if there is none.
    func lastLeaseEnd() async throws(StoreProblem) -> Timestamp?
    /// Members that have open leases; empty if the store knows no members.
    func leaseHolders() async throws(StoreProblem) -> Set<Int64>

    // MARK: From it

    func rowCount(of table: CopiedTable) async throws(StoreProblem) -> Int
    /// Rows after `key`, in the order of their keys; empty only if no more come.
    func rows(of table: CopiedTable, after key: [Int64]?, limit: Int) async throws(StoreProblem) -> CopiedRows
    /// Notes the departure, from which on no daemon works with the store; nil takes the note back.
    func note(_ departure: StoreDeparture?) async throws(StoreProblem)
    /// Takes back the note of a departure.
    ///
    /// With a restoration, all users count as called at its moment, because what was done elsewhere is unknown here.
    func reopen(as restoration: StoreRestoration?) async throws(StoreProblem)

    // MARK: To it

    /// Removes everything that a copy brings; from here on, no daemon works with the store.
    func begin(_ arrival: StoreArrival) async throws(StoreProblem)
    /// Adds rows and notes how far the copy is, or does neither.
    ///
    /// The first rows of a run may have been sent already by an earlier run that was killed.
    func add(_ rows: CopiedRows, areFirst: Bool, noting arrival: StoreArrival) async throws(StoreProblem)
    /// Prepares a complete copy for its first daemon, as far as the store can at the moment.
    func prepare() async
    /// Completes the copy: from its next opening on, the store is the other one.
    ///
    /// It notes which store it was, until that is reported.
    func complete(seed: UInt64, maker: String, as origin: StoreOrigin) async throws(StoreProblem)

    /// The store that this one was, if no daemon has reported it yet.
    func untoldOrigin() async throws(StoreProblem) -> StoreOrigin?
    func noteOriginTold() async throws(StoreProblem)
}
