import RefreshCore

/// How much each kind of work does at once; what one step has found out holds for the next.
struct CompactionPaces {
    private static let longest = Duration.milliseconds(10)

    var attempts = WorkPace(200, within: 20...2_000, for: longest)
    var rows = WorkPace(50, within: 20...1_000, for: longest)
    var pages = WorkPace(20, within: 1...1_000, for: longest)
}
