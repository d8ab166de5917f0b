package import RefreshCore

/// What the process takes of its machine.
package struct ProcessUsage: Equatable, Sendable {
    package var startedAt: Timestamp
    /// User and system time together.
    package var processorTime: Duration
    package var residentBytes: Int
    package var openFiles: Int

    package init(startedAt: Timestamp, processorTime: Duration, residentBytes: Int, openFiles: Int) {
        self.startedAt = startedAt
        self.processorTime = processorTime
        self.residentBytes = residentBytes
        self.openFiles = openFiles
    }
}
