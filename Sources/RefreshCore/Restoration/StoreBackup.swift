/// A backup that was made.
package struct StoreBackup: Equatable, Sendable {
    package var path: String
    package var mark: BackupMark
    package var bytes: Int64
    package var took: Duration

    package init(path: String, mark: BackupMark, bytes: Int64, took: Duration) {
        self.path = path
        self.mark = mark
        self.bytes = bytes
        self.took = took
    }
}
