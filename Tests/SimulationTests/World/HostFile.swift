import RefreshDaemon
import Synchronization

@testable import RefreshCore

/// A host's file with one setting, the minimum interval in minutes, of which this version takes so many at most.
final class HostFile: SharedConfigurationSource {
    private struct State {
        var minutes: Int
        var read: Int
        var running: Int
    }

    private let state: Mutex<State>
    private let mostMinutes: Int
    private let refusal: SettingsRefusal

    /// With `mostMinutes` it cannot take what is longer, for the reason of this `refusal`.
    init(minutes: Int, mostMinutes: Int = .max, refusal: SettingsRefusal = .unknown(detail: "that is too long")) {
        state = Mutex(State(minutes: minutes, read: minutes, running: minutes))
        self.mostMinutes = mostMinutes
        self.refusal = refusal
    }

    func write(minutes: Int) { state.withLock { $0.minutes = minutes } }
    /// As a start does.
    func read() { state.withLock { ($0.read, $0.running) = ($0.minutes, $0.minutes) } }

    var settings: DaemonSettings {
        let floor = Duration.minutes(Int64(state.withLock { $0.running }))
        var policy = UserPolicy(cadence: Cadence(every: floor * 2), minimumInterval: floor, attemptsPerDay: 1_000)
        policy.failureBackoff = Backoff(first: .minutes(10), ceiling: .minutes(20), jitter: .upperHalf)
        var admission = Admission.Policy(requestsPerSecond: 30, burst: 30)
        admission.slowStart = .zero
        return DaemonSettings(policies: Policies(standard: policy), admission: admission, renewsTokens: false)
    }

    var offer: String { "\(state.withLock { $0.read })" }

    func load() async throws(OperationProblem) -> LoadedConfiguration { throw .daemonNotRunning }

    func take(_ settings: FleetSettings, before: String?) async throws(SettingsRefusal) -> LoadedConfiguration {
        guard let minutes = Int(settings.text), minutes <= mostMinutes else { throw refusal }
        let (old, file) = state.withLock { state in
            defer { state.running = minutes }
            return (before.flatMap { Int($0) } ?? state.running, state.minutes)
        }
        return loaded(settings, old: old, file: file)
    }

    func load(
        over settings: FleetSettings, all: Bool, publish: @Sendable (String) async throws -> FleetSettings?
    ) async throws -> LoadedConfiguration? {
        let (file, read, running) = state.withLock { ($0.minutes, $0.read, $0.running) }
        var current = settings
        let isChanged = (all || file != read) && "\(file)" != settings.text
        if isChanged {
            guard let published = try await publish("\(file)") else { return nil }
            current = published
        }
        let minutes = Int(current.text) ?? 0
        state.withLock { ($0.running, $0.read) = (minutes, file) }
        var loaded = loaded(current, old: running, file: file)
        if isChanged { loaded.report.published = ["floor: \(settings.text)m → \(file)m"] }
        return loaded
    }

    private func loaded(_ fleet: FleetSettings, old: Int, file: Int) -> LoadedConfiguration {
        let changes = "\(old)" == fleet.text ? [] : ["floor: \(old)m → \(fleet.text)m"]
        var loaded = LoadedConfiguration(settings: settings, report: ReloadReport(changes: changes, needRestart: []))
        loaded.shared = fleet
        if "\(file)" != fleet.text {
            loaded.differences = [SettingDifference(path: "floor", file: "\(file)m", fleet: "\(fleet.text)m")]
        }
        return loaded
    }
}
