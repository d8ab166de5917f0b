import RefreshCore

extension Duration {
    var inSeconds: Double { Double(wholeMicroseconds) / 1_000_000 }

    /// Whole seconds, rounded up.
    init(seconds: Double) {
        self = .seconds(Int64(min(seconds.rounded(.up), 1e12)))
    }
}
