extension Duration {
    /// Microseconds, rounded up so that nothing computed with it comes early; saturates.
    package var wholeMicroseconds: Int64 {
        let (seconds, attoseconds) = components
        let fraction = (attoseconds + 999_999_999_999 * (attoseconds > 0 ? 1 : 0)) / 1_000_000_000_000
        return seconds.saturatingMultiplied(by: 1_000_000).saturatingAdding(fraction)
    }

    package static func minutes(_ count: Int64) -> Duration { .seconds(count.saturatingMultiplied(by: 60)) }
    package static func hours(_ count: Int64) -> Duration { .seconds(count.saturatingMultiplied(by: 3_600)) }
    package static func days(_ count: Int64) -> Duration { .seconds(count.saturatingMultiplied(by: 86_400)) }
}
