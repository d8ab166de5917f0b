import RefreshCore
import Testing

struct TokenBucketTests {
    @Test(arguments: 0..<50 as Range<UInt64>)
    func `gives no more than the burst and what drips in, over any interval`(seed: UInt64) {
        var arbitrary = Arbitrary(seed: seed)
        let rate = arbitrary.one(of: [0.01, 0.5, 3, 20, 1_000])
        let burst = arbitrary.one(of: [1.0, 5, 20, 200])
        var now = arbitrary.moment()
        var bucket = TokenBucket(rate: rate, burst: burst, now: now)
        var taken: [(at: Timestamp, count: Int)] = []
        for _ in 0..<300 {
            now = now.advanced(by: arbitrary.duration(.zero, .microseconds(Int64(10_000_000 / rate))))
            let available = bucket.available(now)
            let count = Int.random(in: 0...max(0, available), using: &arbitrary.random)
            bucket.take(count, now: now)
            taken.append((now, count))
        }
        var worst = 0.0
        for first in taken.indices {
            var sum = 0
            for last in first..<taken.count {
                sum += taken[last].count
                let elapsed = taken[first].at.duration(to: taken[last].at) / .seconds(1)
                worst = max(worst, Double(sum) - burst - elapsed * rate)
            }
        }
        #expect(worst < 0.001)
        #expect(taken.contains { $0.count > 0 })
    }

    @Test(arguments: 0..<50 as Range<UInt64>)
    func `has the tokens at the moment it names, and none sooner`(seed: UInt64) {
        var arbitrary = Arbitrary(seed: seed)
        let rate = arbitrary.one(of: [0.01, 0.3, 3, 20, 333])
        var now = arbitrary.moment()
        var bucket = TokenBucket(rate: rate, burst: 20, now: now)
        for _ in 0..<100 {
            let count = Int.random(in: 1...20, using: &arbitrary.random)
            bucket.take(bucket.available(now), now: now)
            let moment = bucket.moment(of: count, now: now)
            if moment > now.advanced(by: .microseconds(1)) {
                var sooner = bucket
                #expect(sooner.available(moment.advanced(by: .microseconds(-2))) < count)
            }
            now = moment
            #expect(bucket.available(now) >= count)
        }
    }

    @Test func `begins with one token and never keeps more than the burst`() {
        let now = Timestamp.epoch
        var bucket = TokenBucket(rate: 10, burst: 5, now: now)
        #expect(bucket.available(now) == 1)
        #expect(bucket.available(now.advanced(by: .days(1))) == 5)
        #expect(bucket.moment(of: 100, now: now.advanced(by: .days(1))) == now.advanced(by: .days(1)))
        var single = TokenBucket(rate: 10, burst: 0, now: now)
        #expect(single.available(now.advanced(by: .days(1))) == 1)
    }

    @Test func `neither gains nor loses by a clock that is set back`() {
        let now = Timestamp.startOfDay(20_000)
        var bucket = TokenBucket(rate: 1, burst: 100, now: now)
        bucket.take(1, now: now)
        let back = now.advanced(by: .days(-365))
        #expect(bucket.available(back) == 0)
        #expect(bucket.moment(of: 1, now: back) == back.advanced(by: .seconds(1)))
        #expect(bucket.available(back.advanced(by: .seconds(7))) == 7)
    }

    @Test func `takes a new rate from now on`() {
        var bucket = TokenBucket(rate: 1, burst: 10, now: .epoch)
        let later = Timestamp(secondsSinceEpoch: 4)
        bucket.configure(rate: 100, burst: 3, now: later)
        #expect(bucket.available(later) == 3)
        bucket.configure(rate: 100, burst: 30, now: later)
        #expect(bucket.available(later) == 3)
        #expect(bucket.available(later.advanced(by: .milliseconds(100))) == 13)
    }

    @Test func `waits for ever rather than failing when hardly anything drips in`() {
        var bucket = TokenBucket(rate: 1e-300, burst: 1, now: .epoch)
        bucket.take(1, now: .epoch)
        #expect(bucket.moment(of: 1, now: .epoch) > Timestamp.startOfDay(36_525))
    }
}
