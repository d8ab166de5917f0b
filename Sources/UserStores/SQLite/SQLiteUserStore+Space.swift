import GRDB
package import RefreshCore

extension SQLiteUserStore {
    package func space() async throws(StoreProblem) -> StoreSpace? {
        let free = try await read { db in
            let pages = try Int64.fetchOne(db, sql: "PRAGMA freelist_count") ?? 0
            return try pages * (Int64.fetchOne(db, sql: "PRAGMA page_size") ?? 0)
        }
        let bytes = ["", "-wal", "-shm"].reduce(0) { $0 + StoreFile.size(of: path + $1) }
        return StoreSpace(bytes: bytes, freeBytes: free)
    }
}
