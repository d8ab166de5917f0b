/// Why a time zone's rules cannot be had.
package enum ZoneProblem: Error, Equatable, Sendable {
    /// There is no such zone; the one that was probably meant, if any.
    case unknown(nearest: String?)
    /// The machine has no time zone data at all.
    case noData(directory: String)
    /// Its file cannot be read, or is no time zone file.
    case unusable(path: String, detail: String)
}
