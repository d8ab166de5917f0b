import Monitoring
import RefreshCore
import RefreshDaemon
import TestSupport
import Testing

struct MetricsRecorderTests {
    @Test func `every attempt counts once, whatever came of it`() throws {
        let recorder = MetricsRecorder()
        for (index, outcome) in Samples.outcomes.enumerated() {
            for _ in 0...index { recorder.report(try Samples.attempted(outcome)) }
        }
        let tallies = recorder.current
        #expect(tallies.calls.count == 55)
        #expect(tallies.lastSuccess == Samples.now)
    }

    @Test func `only scheduled calls can be late`() throws {
        let recorder = MetricsRecorder()
        recorder.report(try Samples.attempted(late: .seconds(3)))
        recorder.report(try Samples.attempted(late: nil))
        recorder.report(try Samples.attempted(late: .seconds(-5)))
        #expect(recorder.current.lateness.count == 2)
        #expect(recorder.current.lateness.microseconds == 3_000_000)
    }

    @Test func `openings of the breaker count, what follows them does not`() {
        let recorder = MetricsRecorder()
        let opening = Samples.opening
        for change: Breaker.Change in [.opened(opening), .probing(after: opening), .closed(after: opening)] {
            recorder.report(.breaker(change))
        }
        #expect(recorder.current.breakerOpenings == 1)
    }

    @Test func `failures of the store count, their ends do not`() {
        let recorder = MetricsRecorder()
        recorder.report(.storeFailed(detail: "full"))
        recorder.report(.storeRecovered)
        recorder.report(.storeFailed(detail: "full"))
        #expect(recorder.current.storeFailures == 2)
    }

    @Test(arguments: MeasuredOperation.allCases)
    func `every measured part of the work has its histogram`(operation: MeasuredOperation) {
        let recorder = MetricsRecorder()
        recorder.measured(operation, took: .milliseconds(3))
        for other in MeasuredOperation.allCases {
            #expect(recorder.current.work[other].count == (other == operation ? 1 : 0))
        }
    }

    @Test func `a fan-out tells everybody everything, in order`() throws {
        let (first, second) = (EventLog(), EventLog())
        let events: [Event] = [.fleetResumed(FleetPause(until: nil)), .storeRecovered, try Samples.attempted()]
        for event in events { EventFanOut(first, second).report(event) }
        #expect(first.events == events)
        #expect(second.events == events)
    }
}
