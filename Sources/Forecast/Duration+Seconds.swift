import RefreshCore

extension Duration {
    /// Whole seconds, rounded up.
    init(seconds: Double) {
        self = .seconds(Int64(min(seconds.rounded(.up), 1e12)))
    }
}
