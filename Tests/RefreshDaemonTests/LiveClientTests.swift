import RefreshCore
import RefreshDaemon
import Synchronization
import TestSupport
import Testing

@Suite struct LiveClientTests {
    /// A client whose calls take a minute, and that notes when it was shut down.
    final class SlowBank: BankRefreshing {
        let time: any Timekeeping
        private let state = Mutex((calls: 0, shutDowns: 0))

        init(time: any Timekeeping) {
            self.time = time
        }

        var calls: Int { state.withLock { $0.calls } }
        var shutDowns: Int { state.withLock { $0.shutDowns } }

        func refresh(_ token: AccessToken, beginBy: Duration?) async throws(CallNotBegun) -> RefreshAnswer {
            state.withLock { $0.calls += 1 }
            do { try await time.sleep(for: .minutes(1)) } catch {
                return RefreshAnswer(outcome: .unknown(.givenUp), httpStatus: nil)
            }
            return RefreshAnswer(outcome: shutDowns == 0 ? .refreshed : .unavailable(.notConnected), httpStatus: nil)
        }

        func shutdown() { state.withLock { $0.shutDowns += 1 } }
    }

    let world = Simulation()

    private func call(_ live: LiveClient<SlowBank>) throws -> Task<RefreshAnswer, any Error> {
        let token = try Fleet.token(1)
        let task = Task(executorPreference: world.executor) { try await live.refresh(token, beginBy: nil) }
        world.settle()
        return task
    }

    @Test func `calls under way end on the client they began with, which is shut down after the last`() async throws {
        let banks = (0..<3).map { _ in SlowBank(time: world.time) }
        let live = LiveClient(banks[0]) { $0.shutdown() }
        let first = try call(live)
        world.advance(by: .seconds(30))
        let second = try call(live)
        live.replace(with: banks[1])
        let third = try call(live)
        #expect(banks.map(\.calls) == [2, 1, 0])
        world.advance(by: .seconds(30))
        let firstAnswer = try await first.value
        #expect(firstAnswer.outcome == .refreshed)
        #expect(banks[0].shutDowns == 0)
        world.advance(by: .minutes(1))
        let answers = [try await second.value, try await third.value]
        #expect(answers.allSatisfy { $0.outcome == .refreshed })
        // A client that nobody uses goes at once.
        live.replace(with: banks[2])
        await live.shutdown()
        #expect(banks.map(\.shutDowns) == [1, 1, 1])
        #expect(live.current === banks[2])
    }

    @Test func `a shutdown waits until those that were replaced are shut down`() async throws {
        let begun = SlowBank(time: world.time)
        let (ends, open) = AsyncStream.makeStream(of: Void.self)
        let live = LiveClient(begun) { bank in
            if bank === begun { for await _ in ends { break } }
            bank.shutdown()
        }
        live.replace(with: SlowBank(time: world.time))
        async let ended: Void = live.shutdown()
        #expect(begun.shutDowns == 0)
        open.yield()
        await ended
        #expect(begun.shutDowns == 1)
    }
}
