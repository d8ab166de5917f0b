/// What a store takes of its disk.
package struct StoreSpace: Equatable, Sendable {
    /// All its files together.
    package let bytes: Int64
    /// Where nothing lies any more; what comes next goes there before the files grow.
    package let freeBytes: Int64

    package init(bytes: Int64, freeBytes: Int64) {
        self.bytes = bytes
        self.freeBytes = freeBytes
    }
}
