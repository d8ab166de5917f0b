package import RefreshDaemon

/// How long each measured part of the work took.
package struct WorkHistograms: Sendable {
    private var lease = Histogram.work
    private var settle = Histogram.work
    private var journalSend = Histogram.work

    package subscript(operation: MeasuredOperation) -> Histogram {
        switch operation {
        case .lease: lease
        case .settle: settle
        case .journalSend: journalSend
        }
    }

    mutating func add(_ span: Duration, of operation: MeasuredOperation) {
        switch operation {
        case .lease: lease.add(span)
        case .settle: settle.add(span)
        case .journalSend: journalSend.add(span)
        }
    }
}
