import RefreshCore
import Testing

@testable import Monitoring

struct HistogramTests {
    @Test func `a span counts under the first bound that is not shorter`() {
        var histogram = Histogram(bounds: [.milliseconds(50), .seconds(1)])
        for span: Duration in [.zero, .milliseconds(50), .microseconds(50_001), .seconds(1), .seconds(2)] {
            histogram.add(span)
        }
        #expect(histogram.counts == [2, 2, 1])
        #expect(histogram.count == 5)
        #expect(histogram.microseconds == 3_100_001)
    }

    @Test func `a share lies under the bound that holds it`() {
        var histogram = Histogram(bounds: [.seconds(1), .seconds(2)])
        #expect(histogram.bound(ofShare: 0.5) == nil)
        for _ in 0..<9 { histogram.add(.seconds(1)) }
        histogram.add(.seconds(2))
        #expect(histogram.bound(ofShare: 0.9) == .seconds(1))
        #expect(histogram.bound(ofShare: 0.95) == .seconds(2))
        histogram.add(.seconds(3))
        #expect(histogram.bound(ofShare: 1) == nil)
    }

    @Test(arguments: [Histogram.calls, .lateness, .work])
    func `bounds ascend`(histogram: Histogram) {
        #expect(zip(histogram.bounds, histogram.bounds.dropFirst()).allSatisfy { $0 < $1 })
    }
}
