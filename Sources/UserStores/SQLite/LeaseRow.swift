import GRDB
import RefreshCore

/// What the leases of one batch have in common.
struct LeaseTerms {
    let now: Timestamp
    let until: Timestamp
    var isForCall = true
}

/// A batch of leases as stored: one row, however many users it has.
struct LeaseRow {
    let id: Int64
    /// The opening of the store that leased them.
    let holder: Int64
    let until: Timestamp
    let leasedAt: Timestamp
    let isForCall: Bool
    let places: [Int64]

    init(_ id: Int64, _ places: [Int64], on terms: LeaseTerms, holder: Int64) {
        self.id = id
        self.places = places
        self.holder = holder
        until = terms.until
        leasedAt = terms.now
        isForCall = terms.isForCall
    }

    private init(_ row: PreparedStatement.Columns) throws {
        id = try row.required(0, "lease")
        holder = try row.required(1, "holder")
        until = try DamagedStore.required(row.moment(2), "end of the lease")
        leasedAt = try DamagedStore.required(row.moment(3), "moment of the lease")
        isForCall = row.integer(4) == 0
        places = try Self.places(in: try DamagedStore.required(row.bytes(5), "leased places"))
    }

    /// All batches in the order of their ids; `schema` names an attached store.
    static func all(in db: Database, schema: String = "main") throws -> [LeaseRow] {
        try PreparedStatement(
            "SELECT id, holder, until, leased_at, purpose, places FROM \(schema).leases ORDER BY id", in: db
        ).all {
            try LeaseRow($0)
        }
    }

    func insert(in db: Database) throws {
        try PreparedStatement(
            "INSERT INTO leases (id, holder, until, leased_at, purpose, places) VALUES (?, ?, ?, ?, ?, ?)", in: db
        ).run(id, holder, until, leasedAt, isForCall ? 0 : 1, Self.bytes(of: places))
    }

    static func delete(_ id: Int64, in db: Database) throws {
        try PreparedStatement("DELETE FROM leases WHERE id = ?", in: db).run(id)
    }

    static func remove(_ gone: Set<Int64>, from id: Int64, in db: Database) throws {
        let stored = try PreparedStatement("SELECT places FROM leases WHERE id = ?", in: db).first(id) {
            try places(in: try DamagedStore.required($0.bytes(0), "leased places"))
        }
        guard let stored else { throw DamagedStore(what: "the row of an open lease is missing") }
        let left = bytes(of: stored.filter { !gone.contains($0) })
        try PreparedStatement("UPDATE leases SET places = ? WHERE id = ?", in: db).run(left, id)
    }

    /// Eight bytes per place, little-endian.
    private static func bytes(of places: [Int64]) -> [UInt8] {
        places.map(\.littleEndian).withUnsafeBytes { Array($0) }
    }

    private static func places(in bytes: [UInt8]) throws -> [Int64] {
        let width = MemoryLayout<Int64>.size
        guard bytes.count.isMultiple(of: width) else { throw DamagedStore(what: "a lease holds a part of a place") }
        // Safe: the size is a multiple of the width, so each load ends within the bytes.
        return bytes.withUnsafeBytes { bytes in
            stride(from: 0, to: bytes.count, by: width).map {
                Int64(littleEndian: bytes.loadUnaligned(fromByteOffset: $0, as: Int64.self))
            }
        }
    }
}
