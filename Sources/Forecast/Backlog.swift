import RefreshCore

/// Calls that wait because the limits let through fewer than fall due, stretch by stretch.
struct Backlog {
    /// Longer than this is never, for all practical purposes.
    static let patience = Duration.days(14)

    /// Calls that fall due in each stretch, over and over.
    let arrivals: [Int]
    let width: Duration
    let callsPerSecond: Double

    private var perStretch: Double { callsPerSecond * width.inSeconds }

    /// How long until `waiting` calls, and those that fall due meanwhile from `stretch` on, are begun; nil for never.
    func timeToClear(_ waiting: Int, from stretch: Int) -> Duration? {
        var waiting = Double(waiting)
        var passed = 0.0
        var index = stretch
        let limit = Int(Self.patience / width)
        for _ in 0..<max(1, limit) {
            guard waiting > 0 else { return Duration(seconds: passed) }
            let arriving = Double(arrivals[index % arrivals.count])
            if waiting + arriving <= perStretch {
                // What arrives during the stretch is served as it comes: the queue empties where the lines cross.
                let surplus = perStretch - arriving
                passed += surplus > 0 ? min(1, waiting / surplus) * width.inSeconds : width.inSeconds
                return Duration(seconds: passed)
            }
            waiting += arriving - perStretch
            passed += width.inSeconds
            index += 1
        }
        return nil
    }

    /// The longest that a call waits for its turn within the horizon; none where the limits always suffice.
    var longestWait: Duration {
        var waiting = 0.0
        var longest = 0.0
        for arriving in arrivals {
            waiting = max(0, waiting + Double(arriving) - perStretch)
            longest = max(longest, waiting)
        }
        return Duration(seconds: longest / callsPerSecond)
    }

    /// What is called in each stretch, if `waiting` calls wait at the start and are called as the limits leave room.
    func calls(withBacklog waiting: Int) -> [Int] {
        var waiting = Double(waiting)
        var made = 0
        var total = 0.0
        return arrivals.map { arriving in
            let extra = min(waiting, max(0, perStretch - Double(arriving)))
            waiting -= extra
            total += extra
            // Fractions are kept for later, so that none is lost.
            let whole = Int((total + 1e-6).rounded(.down)) - made
            made += whole
            return arriving + whole
        }
    }
}
