extension Duration {
    /// Microseconds, rounded up so that nothing computed with it comes early; saturates.
    package var wholeMicroseconds: Int64 {
        let (quotient, rest) = attoseconds.quotientAndRemainder(dividingBy: 1_000_000_000_000)
        return Int64(clamping: rest > 0 ? quotient + 1 : quotient)
    }

    package var inSeconds: Double {
        let (seconds, attoseconds) = components
        return Double(seconds) + Double(attoseconds) / 1e18
    }

    package static func minutes(_ count: Int64) -> Duration { .seconds(count.saturatingMultiplied(by: 60)) }
    package static func hours(_ count: Int64) -> Duration { .seconds(count.saturatingMultiplied(by: 3_600)) }
    package static func days(_ count: Int64) -> Duration { .seconds(count.saturatingMultiplied(by: 86_400)) }
}
