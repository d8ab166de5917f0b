/// The disk space of a store.
package struct StoreSpace: Equatable, Sendable {
    /// All its files together.
    package let bytes: Int64
    /// Free pages, which the store reuses before the files grow.
    package let freeBytes: Int64

    package init(bytes: Int64, freeBytes: Int64) {
        self.bytes = bytes
        self.freeBytes = freeBytes
    }
}
