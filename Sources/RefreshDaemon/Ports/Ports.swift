package import RefreshCore

/// Tells the service manager how the daemon is doing.
///
/// Where there is no service manager, messages are dropped without harm.
///
/// Source: sd_notify(3).
package protocol ServiceNotifying: Sendable {
    /// How often the service manager expects a sign of life; nil when it does not watch.
    var watchdogInterval: Duration? { get }

    func ready(status: String)
    /// Announces a reload that a signal asked for; `ready` ends it, even if it was refused.
    func reloading()
    func stopping(status: String)
    /// One short line, visible to every user of the machine.
    func status(_ text: String)
    /// Reports that a turn of the scheduler completed with a store that answered.
    func alive()
    /// Asks for this much more time to start or to stop.
    func extendTimeout(by duration: Duration)
}

/// What the process uses of its machine.
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

/// Records how long parts of the work took.
///
/// Never blocks, throws or waits: it is called on the working path.
package protocol LatencyMeasuring: Sendable {
    func measured(_ operation: MeasuredOperation, took span: Duration)
}

/// A part of the work whose length tells how well the machine keeps up.
package enum MeasuredOperation: String, CaseIterable, Sendable {
    /// The transaction that leases due users.
    case lease
    /// The transaction that writes the results of calls.
    case settle
    /// Handing one entry to the journal.
    case journalSend = "journal send"
}

/// The calendar and a steady clock beside it.
package protocol Timekeeping: Sendable {
    /// The calendar; it can be set back or forward at any time.
    var now: Timestamp { get }
    /// Time since some fixed moment, including suspends; never set, never goes back.
    var uptime: Duration { get }
    /// Both clocks, read at one moment.
    var reading: ClockReading { get }
    /// By how much `now` may be behind; moments from which a minimum interval counts are later by it.
    var uncertainty: Duration { get }
    /// The boot that `reading.sinceBoot` counts from; nil if it cannot be determined.
    var boot: BootID? { get }
    /// Sleeps until the calendar shows `deadline`, following its steps.
    func sleep(until deadline: Timestamp, tolerance: Duration) async throws(CancellationError)
    /// Sleeps on the steady clock.
    func sleep(for duration: Duration) async throws(CancellationError)
}

extension Timekeeping {
    package var uncertainty: Duration { .zero }
}

/// The operations on keys that an operator can request; throws `OperationProblem`.
package protocol KeyOperating: Sendable {
    func report() async throws -> KeyReport
    /// As `report`, with the tokens of each key counted.
    func usage() async throws -> KeyReport
    /// Reads the keys again; refuses keys that do not open everything that is stored.
    func reload() async throws -> KeyReport
}

/// Makes backups of the daemon's own store while it works.
package protocol StoreBackingUp: Sendable {
    /// When the newest backup in a directory was taken; nil when there is none.
    func newestBackup(in directory: String) async -> Timestamp?

    /// Makes a backup, and removes all but the newest `keep` in the directory; those dated in the future go first.
    ///
    /// Leaves nothing behind when it fails.
    func backUp(to directory: String, keep: Int, at moment: Timestamp) async throws(BackupFailure) -> StoreBackup
}

/// Passes every event to several listeners, in order.
package struct EventFanOut: EventReporting {
    private let listeners: [any EventReporting]

    package init(_ listeners: any EventReporting...) {
        self.listeners = listeners
    }

    package func report(_ event: Event) {
        for listener in listeners { listener.report(event) }
    }
}

/// The source that a reload reads from.
package protocol ConfigurationSource: Sendable {
    /// Reads and checks the configuration again, and puts in force what concerns parts other than the scheduler.
    ///
    /// Throws `configurationRefused` and changes nothing if anything is wrong with it.
    func load() async throws(OperationProblem) -> LoadedConfiguration
}

/// A source whose daemon shares its store: some settings are the fleet's, whatever its file says.
package protocol SharedConfigurationSource: ConfigurationSource {
    /// The file's settings for all daemons, as last read.
    var offer: String { get async }

    /// Puts the fleet's settings in force; `before` are those that this host's offer replaced.
    ///
    /// Changes nothing if it throws.
    func take(_ settings: FleetSettings, before: String?) async throws(SettingsRefusal) -> LoadedConfiguration

    /// As `load`, with the fleet's settings in place of the file's.
    ///
    /// Passes `publish` the fleet's new settings: with what changed in the file since it was last read, or with `all`
    /// of it. If nothing changes, `publish` is not called. If it returns nil because others published meanwhile,
    /// nothing changes, and nil is returned.
    func load(
        over settings: FleetSettings, all: Bool, publish: @Sendable (String) async throws -> FleetSettings?
    ) async throws -> LoadedConfiguration?
}

/// Why a daemon cannot follow the settings of its fleet.
package enum SettingsRefusal: Error, Equatable, Sendable {
    /// This version does not understand them.
    case unknown(detail: String)
    /// They are for another API address than this daemon calls.
    case otherServer(theirs: String, own: String)
}

/// A valid configuration, and how it differs from the one in force.
package struct LoadedConfiguration: Sendable {
    package let settings: DaemonSettings
    package var report: ReloadReport
    /// The fleet's settings in force with it; `differences` are where the file says otherwise.
    package var shared: FleetSettings?
    package var differences: [SettingDifference] = []

    package init(settings: DaemonSettings, report: ReloadReport) {
        self.settings = settings
        self.report = report
    }
}
