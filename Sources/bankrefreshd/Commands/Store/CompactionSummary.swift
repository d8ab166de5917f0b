import RefreshCore

/// What a compaction came to, for people and programs.
struct CompactionSummary: Encodable {
    /// What all files of the store took, and take.
    let bytesBefore: Int64
    let bytes: Int64

    init(before: Int64, after: Int64) {
        bytesBefore = before
        bytes = after
    }

    func text() -> String {
        guard bytes < bytesBefore else { return "the store takes \(bytes.bytesText); there was nothing to return\n" }
        return "the store takes \(bytes.bytesText), \((bytesBefore - bytes).bytesText) less than before\n"
    }
}
