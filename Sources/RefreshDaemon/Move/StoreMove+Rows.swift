import RefreshCore

/// The rows of a move: copied, then compared.
extension StoreMove {
    func copy(
        _ arrival: inout StoreArrival, total: Int, _ progress: (Progress) -> Void
    ) async throws {
        var done = 0
        var areFirst = true
        for table in CopiedTable.allCases {
            var key: [Int64]?
            if let reached = arrival.reached {
                guard table.isAfter(reached.table) || table == reached.table else {
                    done += try await source.rowCount(of: table)
                    continue
                }
                if table == reached.table {
                    key = reached.key
                    done += try await target.rowCount(of: table)
                }
            }
            let limit = min(table.rowsAtOnce, mostAtOnce)
            var rows = try await source.rows(of: table, after: key, limit: limit)
            while let last = rows.lastKey {
                // The next rows are read while these are written.
                async let next = Self.rows(of: table, in: source, after: last, limit: limit)
                rows.shiftFloors(by: arrival.floors)
                arrival.reached = CopyPosition(table: table, key: last)
                try await target.add(rows, areFirst: areFirst, noting: arrival)
                areFirst = false
                done += rows.count
                progress(Progress(stage: .copying, table: table, rows: done, total: total))
                rows = try await next.get()
            }
        }
    }

    /// Reads both stores completely once more, and returns the digest of each table.
    func compare(
        _ arrival: StoreArrival, total: Int, _ progress: (Progress) -> Void
    ) async throws -> [TableDigest] {
        var digests: [TableDigest] = []
        var done = 0
        for table in CopiedTable.allCases {
            async let copied = Self.digestOfCopy(of: table, in: target)
            let digest = try await Self.digest(of: table, in: source, shiftedBy: arrival.floors) { rows in
                done += rows
                progress(Progress(stage: .comparing, table: table, rows: done, total: total))
            }
            let copy = try await copied.get()
            guard digest == copy else {
                // A row that is missing at this point would be missing in every later run.
                var anew = arrival
                anew.reached = nil
                try await target.begin(anew)
                throw StoreMoveProblem.differs(
                    place: target.address, from: source.address, table: table,
                    column: digest.columnApart(from: copy))
            }
            digests.append(digest)
        }
        return digests
    }

    private static func digest(
        of table: CopiedTable, in store: End, shiftedBy shift: FloorShift = FloorShift(),
        _ counted: (Int) -> Void = { _ in }
    ) async throws -> TableDigest {
        var digest = TableDigest(of: table)
        var block = try await store.rows(of: table, after: nil, limit: table.rowsAtOnce)
        while let last = block.lastKey {
            async let next = rows(of: table, in: store, after: last, limit: table.rowsAtOnce)
            block.shiftFloors(by: shift)
            digest.add(block)
            counted(block.count)
            block = try await next.get()
        }
        return digest
    }

    private static func digestOfCopy(of table: CopiedTable, in store: End) async -> Result<TableDigest, any Error> {
        do { return .success(try await digest(of: table, in: store)) } catch { return .failure(error) }
    }

    /// Returns a `Result`, because `async let` does not keep the type of a thrown error.
    private static func rows(
        of table: CopiedTable, in store: End, after key: [Int64], limit: Int
    ) async -> Result<CopiedRows, StoreProblem> {
        do throws(StoreProblem) {
            return .success(try await store.rows(of: table, after: key, limit: limit))
        } catch {
            return .failure(error)
        }
    }
}

extension CopiedTable {
    fileprivate func isAfter(_ other: CopiedTable) -> Bool {
        Self.allCases.drop { $0 != other }.dropFirst().contains(self)
    }
}
