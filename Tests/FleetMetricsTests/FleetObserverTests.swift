import FleetMetrics
import RefreshCore
import RefreshDaemon
import TestSupport
import Testing

@Suite(.timeLimit(.minutes(1)))
struct FleetObserverTests {
    private let time = ManualTime(now: Samples.now)

    private func observer(_ store: any UserStore) -> FleetObserver {
        let doorbell = Doorbell()
        let settings = LiveSettings(DaemonSettings())
        let gate = AdmissionGate(
            policy: settings.value.admission, time: time, events: EventLog(), doorbell: doorbell, seed: 1)
        let pulse = Pulse(
            notifier: RecordingNotifier(watchdogInterval: nil), store: StoreHealth(events: EventLog(), time: time),
            gate: gate, settings: settings,
            time: time,
            alerts: AlertMonitor(
                store: store, gate: gate, counters: OutcomeCounters(), settings: settings, time: time,
                events: EventLog()))
        let sources = FleetObserver.Sources(
            gate: gate, settings: settings, pulse: pulse, isStopping: { false }, journal: { (4, 2) },
            expiry: { _ in TokenExpiry(expired: 1) })
        return FleetObserver(store: store, sources: sources, time: time)
    }

    @Test func `what the store counts is kept for five seconds`() async throws {
        let store = MemoryUserStore()
        let observer = observer(store)
        #expect(await observer.observe().census?.users == 0)
        let id = try UserID("alice")
        let new = NewUser(id: id, group: nil, token: SealedToken(bytes: [1]), expiresAt: nil)
        _ = try await store.put([new]) { new, place in
            User(id: new.id, place: place, state: .scheduled(due: Samples.now), record: .init(slot: Samples.now))
        } replaced: {
            $1
        }
        #expect(await observer.observe().census?.users == 0)
        time.jump(to: FleetObserver.keeping)
        let fleet = await observer.observe()
        #expect(fleet.census?.users == 1)
        #expect(fleet.scheduleLag == FleetObserver.keeping)
        #expect(fleet.expiry?.expired == 1)
        #expect(fleet.journalWaiting == 4)
        #expect(fleet.journalDropped == 2)
    }

    @Test func `a store that fails leaves its counts out, not the rest`() async throws {
        let store = TroubledStore(MemoryUserStore())
        store.fail(.init(reads: .unreachable(place: "store", detail: "gone")))
        let fleet = await observer(store).observe()
        #expect(fleet.census == nil)
        #expect(fleet.scheduleLag == .zero)
        #expect(fleet.rateLimit == 20)
        #expect(fleet.breaker == .closed)
    }
}
