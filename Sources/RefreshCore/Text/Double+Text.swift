extension Double {
    /// A rate in words, to three figures: `9.62 calls a second`; as calls a minute where a second sees less than one.
    package var callsText: String {
        self < 1 ? "\((self * 60).threeFigures) calls a minute" : "\(threeFigures) calls a second"
    }

    private var threeFigures: String {
        let scale: Double = self < 10 ? 100 : self < 100 ? 10 : 1
        let rounded = (self * scale).rounded() / scale
        // No Int holds what is larger.
        return rounded == rounded.rounded() && abs(rounded) < 1e15 ? "\(Int(rounded))" : "\(rounded)"
    }
}
