import RefreshCore

/// Calls that wait because fewer are allowed than fall due, bucket by bucket.
struct Backlog {
    /// A wait longer than this counts as forever.
    static let patience = Duration.days(14)

    /// Calls that fall due in each bucket; the buckets repeat.
    let arrivals: [Int]
    let width: Duration
    let callsPerSecond: Double

    private var perBucket: Double { callsPerSecond * width.inSeconds }

    /// How long until `waiting` calls, and those that fall due meanwhile from `bucket` on, have begun; nil for never.
    func timeToClear(_ waiting: Int, from bucket: Int) -> Duration? {
        var waiting = Double(waiting)
        var passed = 0.0
        var index = bucket
        let limit = Int(Self.patience / width)
        for _ in 0..<max(1, limit) {
            guard waiting > 0 else { return Duration(seconds: passed) }
            let arriving = Double(arrivals[index % arrivals.count])
            if waiting + arriving <= perBucket {
                // Arrivals during the bucket are served as they come: the queue empties where the lines cross.
                let surplus = perBucket - arriving
                passed += surplus > 0 ? min(1, waiting / surplus) * width.inSeconds : width.inSeconds
                return Duration(seconds: passed)
            }
            waiting += arriving - perBucket
            passed += width.inSeconds
            index += 1
        }
        return nil
    }

    /// The longest that a call waits for its turn within the horizon; zero if the limits always suffice.
    var longestWait: Duration {
        var waiting = 0.0
        var longest = 0.0
        for arriving in arrivals {
            waiting = max(0, waiting + Double(arriving) - perBucket)
            longest = max(longest, waiting)
        }
        return Duration(seconds: longest / callsPerSecond)
    }

    /// The calls made in each bucket, if `waiting` calls wait at the start and are made as the limits leave room.
    func calls(withBacklog waiting: Int) -> [Int] {
        var waiting = Double(waiting)
        var made = 0
        var total = 0.0
        return arrivals.map { arriving in
            let extra = min(waiting, max(0, perBucket - Double(arriving)))
            waiting -= extra
            total += extra
            // Fractions are carried over, so that no call is lost.
            let whole = Int((total + 1e-6).rounded(.down)) - made
            made += whole
            return arriving + whole
        }
    }
}
