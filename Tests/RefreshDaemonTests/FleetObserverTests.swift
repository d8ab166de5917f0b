import RefreshCore
import TestSupport
import Testing

@testable import RefreshDaemon

@Suite(.timeLimit(.minutes(1)))
struct FleetObserverTests {
    private static let now = Timestamp(secondsSinceEpoch: 1_800_000_000)
    private let time = ManualTime(now: now)

    private func observer(_ store: any UserStore) -> FleetObserver {
        let wakeSignal = WakeSignal()
        let settings = LiveSettings(DaemonSettings())
        let gate = AdmissionGate(
            policy: settings.value.admission, time: time, events: EventLog(), wakeSignal: wakeSignal, seed: 1)
        let sources = FleetObserver.Sources(
            gate: gate, settings: settings, health: StoreHealth(events: EventLog(), time: time),
            counters: OutcomeCounters(), journal: { (4, 2) })
        return FleetObserver(store: store, sources: sources, time: time)
    }

    @Test func `what the store counts is kept for five seconds`() async throws {
        let store = MemoryUserStore()
        let observer = observer(store)
        #expect(await observer.observe().census?.users == 0)
        let id = try UserID("alice")
        let new = NewUser(id: id, group: nil, token: SealedToken(bytes: [1]), expiresAt: nil)
        _ = try await store.put([new]) { new, place in
            User(id: new.id, place: place, state: .scheduled(due: Self.now), record: .init(slot: Self.now))
        } replaced: {
            $1
        }
        #expect(await observer.observe().census?.users == 0)
        time.jump(to: FleetObserver.keeping)
        let fleet = await observer.observe()
        #expect(fleet.census?.users == 1)
        #expect(fleet.scheduleLag == FleetObserver.keeping)
        #expect(fleet.expiry == FleetSnapshot.Expiry())
        #expect(fleet.journalWaiting == 4)
        #expect(fleet.journalDropped == 2)
    }

    @Test func `a store that fails leaves its counts out, not the rest`() async throws {
        let store = TroubledStore(MemoryUserStore())
        store.fail(.init(reads: .unreachable(place: "store", detail: "gone")))
        let fleet = await observer(store).observe()
        #expect(fleet.census == nil && fleet.isCountMissing)
        #expect(fleet.scheduleLag == .zero)
        #expect(fleet.rateLimit == 20)
        #expect(fleet.breaker == .closed)
    }

    @Test func `who does not ask the store is told what it counted last, for ten minutes`() async throws {
        let store = TroubledStore(MemoryUserStore())
        let observer = observer(store)
        #expect(observer.snapshot().census == nil)
        _ = await observer.counted()
        time.jump(to: .minutes(9))
        #expect(observer.snapshot().census?.users == 0)
        #expect(observer.snapshot().countedAt == Self.now)
        time.jump(to: .minutes(10))
        #expect(observer.snapshot().census == nil)
    }

    @Test func `a store that did not count is told to all until it does, and why`() async throws {
        let store = TroubledStore(MemoryUserStore())
        let observer = observer(store)
        _ = await observer.counted()
        store.fail(.init(reads: .unreachable(place: "store", detail: "gone", remedy: "look there")))
        let missing = await observer.counted()
        #expect(missing.isCountMissing && missing.census == nil && missing.rateLimit == 20)
        #expect(
            missing.storeFailure
                == FleetSnapshot.StoreFailure(
                    text: "the store store does not answer: gone", remedy: "look there", since: Self.now))
        #expect(observer.snapshot().isCountMissing)
        store.fail(.init())
        let there = await observer.counted()
        #expect(!there.isCountMissing && there.storeFailure == nil && there.census?.users == 0)
        #expect(!observer.snapshot().isCountMissing)
    }

    @Test func `a store that answers and counts too slowly is not told to fail`() async throws {
        let store = TroubledStore(MemoryUserStore())
        let observer = observer(store)
        store.countLate(true)
        let late = await observer.counted()
        #expect(late.isCountMissing && late.storeFailure == nil && late.census == nil)
        #expect(Health(late).findings.first?.kind == .storeSlow)
        store.countLate(false)
        #expect(await observer.counted().census?.users == 0)
    }
}
