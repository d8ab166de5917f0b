package import RefreshCore

/// Tells the service manager how the daemon is doing.
///
/// Every message is lost without harm where there is none.
///
/// Source: sd_notify(3).
package protocol ServiceNotifying: Sendable {
    /// How often the service manager wants to hear from a live daemon; nil when it does not watch.
    var watchdogInterval: Duration? { get }

    func ready(status: String)
    /// Announces a reload that a signal asked for; `ready` ends it, also after one that was refused.
    func reloading()
    func stopping(status: String)
    /// One short line, visible to every user of the machine.
    func status(_ text: String)
    /// A turn of the scheduler came to its end with a store that answered.
    func alive()
    /// Asks for this much more time to start or to stop.
    func extendTimeout(by duration: Duration)
}

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

/// The calendar and a steady clock beside it.
package protocol Timekeeping: Sendable {
    /// The calendar; it can be set back or forward at any time.
    var now: Timestamp { get }
    /// Time since some fixed moment, suspends included; never set, never goes back.
    var uptime: Duration { get }
    /// Both clocks, read at one moment.
    var reading: ClockReading { get }
    /// By how much `now` may be behind; moments that floors count from are later by it.
    var uncertainty: Duration { get }
    /// Which boot `reading.sinceBoot` counts from; nil where it cannot be told.
    var boot: BootID? { get }
    /// Sleeps until the calendar shows `deadline`, following its steps.
    func sleep(until deadline: Timestamp, tolerance: Duration) async throws(CancellationError)
    /// Sleeps on the steady clock.
    func sleep(for duration: Duration) async throws(CancellationError)
}

extension Timekeeping {
    package var uncertainty: Duration { .zero }
}

/// What an operator can ask for concerning keys; throws `OperationProblem`.
package protocol KeyOperating: Sendable {
    func report() async throws -> KeyReport
    /// As `report`, with every token counted.
    func usage() async throws -> KeyReport
    /// Reads the keys again; refuses such as do not open everything that is stored.
    func reload() async throws -> KeyReport
}

/// Makes backups of the daemon's own store, beside its work.
package protocol StoreBackingUp: Sendable {
    /// When the newest backup in a directory was taken; nil when there is none.
    func newestBackup(in directory: String) async -> Timestamp?

    /// Makes one, and removes all but the newest `keep` of the directory.
    ///
    /// Leaves nothing behind when it fails.
    func backUp(to directory: String, keep: Int, at moment: Timestamp) async throws(BackupFailure) -> StoreBackup
}

/// Hands every event to several listeners, in order.
package struct EventFanOut: EventReporting {
    private let listeners: [any EventReporting]

    package init(_ listeners: any EventReporting...) {
        self.listeners = listeners
    }

    package func report(_ event: Event) {
        for listener in listeners { listener.report(event) }
    }
}

/// Where a reload reads from.
package protocol ConfigurationSource: Sendable {
    /// Reads and checks the configuration anew; throws `configurationRefused` and changes nothing when anything is wrong
    /// with it. What concerns others than the scheduler is in force when it returns.
    func load() async throws(OperationProblem) -> LoadedConfiguration
}

/// A source whose daemon shares its store: some of its settings are the fleet's, whatever its file says.
package protocol SharedConfigurationSource: ConfigurationSource {
    /// What the file says for all daemons, as it was when it was last read.
    var offer: String { get async }

    /// Puts the fleet's settings in force; `before` are those that the offer of this host took the place of.
    ///
    /// Changes nothing where it throws.
    func take(_ settings: FleetSettings, before: String?) async throws(SettingsRefusal) -> LoadedConfiguration

    /// As `load`, with the fleet's settings in place of the file's. Hands to `publish` what they are to become: with what
    /// changed in the file since it was last read, or with `all` of it. Where nothing changes, `publish` is not called.
    ///
    /// Where `publish` returns nil, others published meanwhile: nothing changes, and nil is returned.
    func load(
        over settings: FleetSettings, all: Bool, publish: @Sendable (String) async throws -> FleetSettings?
    ) async throws -> LoadedConfiguration?
}

/// Why a daemon cannot follow the settings of its fleet.
package enum SettingsRefusal: Error, Equatable, Sendable {
    /// This version does not understand them.
    case unknown(detail: String)
    /// They are for another address of the API than this daemon calls.
    case otherServer(theirs: String, own: String)
}

/// A configuration that was found good, and how it differs from the one in force.
package struct LoadedConfiguration: Sendable {
    package let settings: DaemonSettings
    package var report: ReloadReport
    /// The fleet's that are in force with it, and where the file says otherwise.
    package var shared: FleetSettings?
    package var differences: [SettingDifference] = []

    package init(settings: DaemonSettings, report: ReloadReport) {
        self.settings = settings
        self.report = report
    }
}
