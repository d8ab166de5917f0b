import RefreshDaemon

/// Hands on users in batches, and writes one batch while the next is read.
///
/// The larger the batch, the more of its users lie on the same pages of the store. A store of one's own takes 100,000 in
/// one transaction; the daemon takes small ones, so that its calls need not wait, and as large as a request may be.
struct ImportWriter {
    private let operations: any OperationPerforming
    private let limit: BatchLimit
    /// Tells the daemon which batches belong together.
    private let id: String
    private let kind: ImportPart.Kind
    /// Asks what would become of the users, and changes nothing.
    private let isTrial: Bool
    private var pending: [UserEntry] = []
    private var pendingBytes = 0
    private var writing: Task<[PutAnswer], any Error>?

    init(operations: any OperationPerforming, id: String, kind: ImportPart.Kind = .imported, isTrial: Bool = false) {
        self.operations = operations
        self.id = id
        self.kind = kind
        self.isTrial = isTrial
        limit = operations.batch
    }

    /// Returns what became of users that were handed on before; throws what kept them from it.
    mutating func add(_ entry: UserEntry) async throws -> [PutAnswer] {
        // Before the row is added: some are left to be the last.
        let bytes = entry.mostBytes
        let isFull = pending.count >= limit.users || pendingBytes + bytes > limit.bytes
        let answers = isFull ? try await write(isLast: false) : []
        pending.append(entry)
        pendingBytes += bytes
        return answers
    }

    /// Returns when everything is written.
    mutating func finish() async throws -> [PutAnswer] {
        try await write(isLast: true) + write(isLast: true)
    }

    /// Returns when nothing is being written; what waits for its turn is not.
    mutating func stop() async -> [PutAnswer] {
        let before = writing
        writing = nil
        // Who stops has an error to tell already.
        return (try? await before?.value) ?? []
    }

    /// Waits for the batch that is being written, and begins with the pending one.
    private mutating func write(isLast: Bool) async throws -> [PutAnswer] {
        let before = writing
        writing = nil
        let answers = try await before?.value ?? []
        guard !pending.isEmpty else { return answers }
        // What is synced ends with the removals.
        let part = ImportPart(id: id, isLast: isLast && kind == .imported, kind: kind)
        writing = Task { [operations, pending, isTrial] in
            isTrial
                ? try await operations.perform(PreviewUsers(pending))
                : try await operations.perform(PutUsers(pending, part: part))
        }
        (pending, pendingBytes) = ([], 0)
        return answers
    }
}
