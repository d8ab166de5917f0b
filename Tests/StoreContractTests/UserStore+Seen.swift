import RefreshCore

extension UserStore {
    /// A daemon of an unknown boot worked with it until then.
    func setLastSeen(_ moment: Timestamp) async throws {
        try await setClockMark(ClockMark(reading: ClockReading(wall: moment, sinceBoot: .zero), boot: nil))
    }
}
