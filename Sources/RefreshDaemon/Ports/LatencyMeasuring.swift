/// Takes note of how long parts of the work took.
///
/// Never blocks, throws or waits: it is called on the working path.
package protocol LatencyMeasuring: Sendable {
    func measured(_ operation: MeasuredOperation, took span: Duration)
}

/// A part of the work whose length tells how well the machine keeps up.
package enum MeasuredOperation: String, CaseIterable, Sendable {
    /// The transaction that leases what is due.
    case lease
    /// The transaction that writes what came of calls.
    case settle
    /// Handing one entry to the journal.
    case journalSend = "journal send"
}
