import RefreshCore

/// Zones that say on which day and how their clock is set.
enum Zones {
    /// UTC+1, with `step` on 29 March 2026 and back on 25 October, both at 01:00 UTC; 2027 two weeks later.
    static func stepping(by step: Int64 = 3_600) -> ZoneRules {
        zone([(1_774_746_000, 3_600 + step), (1_792_890_000, 3_600), (1_805_590_800, 3_600 + step)])
    }

    /// UTC-10, and from 30 December 2026 on UTC+14: that day has no local time at all.
    static let acrossTheDateLine = zone([(1_798_624_800, 50_400)], first: -36_000)

    private static func zone(_ transitions: [(Int64, Int64)], first: Int64 = 3_600) -> ZoneRules {
        let transitions = transitions.map { ZoneRules.Transition(secondsSinceEpoch: $0.0, offset: $0.1) }
        guard let zone = ZoneRules(name: "Test", firstOffset: first, transitions: transitions) else {
            preconditionFailure("the transitions are out of order")
        }
        return zone
    }
}
