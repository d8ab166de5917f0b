import Glibc
import GRDB
import GRDBSQLite
import RefreshCore

/// Overwrites what SQLite leaves behind in the file when it moves rows between pages.
///
/// `secure_delete` zeroes a deleted row, but not the copies that remain between the rows of a page after others were
/// moved off it. Those bytes mean nothing to SQLite. They are zeroed in the file itself while this store holds the
/// writer, the log is empty and the writer's cache is dropped, so that no older image of a page comes back. The sweep
/// touches nothing that SQLite reads, so a sweep that is killed half way leaves a sound file.
///
/// Source: "Database File Format" of SQLite, section 1.6.
final class PageSweeper: Sendable {
    /// Pages per batch: some milliseconds, after which other work gets the store.
    static let pagesAtOnce = 1_000

    /// Stays open as long as the store is: closing any descriptor of the file would free SQLite's own locks on it.
    private let descriptor: Int32

    init(path: String) throws(StoreProblem) {
        descriptor = try StoreFile.open(path, for: path).descriptor
    }

    deinit {
        close(descriptor)
    }

    /// Sweeps a batch of pages, starting at `page` (1 and up); returns the page to continue from, nil at the end.
    ///
    /// Runs on the writer, outside a transaction.
    func sweep(from page: Int, in db: Database) throws -> Int? {
        // Pages in the log are newer than those in the file.
        try db.checkpoint(.truncate)
        guard let layout = read(PageLayout.headerSize, at: 0).flatMap(PageLayout.init(header:)) else { return nil }
        let pageSize = layout.pageSize
        let first = (page - 1) * pageSize
        guard let bytes = read(pageSize * Self.pagesAtOnce, at: first), bytes.count >= pageSize else { return nil }
        var isChanged = false
        let count = bytes.count / pageSize
        // A pointer map may begin like a page of rows, but has no gaps.
        for index in 0..<count where !layout.isPointerMap(page + index) {
            let start = index * pageSize
            let slice = bytes[start..<start + pageSize]
            for gap in Self.gaps(of: slice, isFirst: page + index == 1, usable: layout.usable)
            where bytes[gap].contains(where: { $0 != 0 }) {
                try zero(gap.count, at: first + gap.lowerBound)
                isChanged = true
            }
        }
        if isChanged {
            guard fdatasync(descriptor) == 0 else { throw failure }
            // Otherwise the writer would change, and write back, pages that it read before.
            _ = sqlite3_db_release_memory(db.sqliteConnection)
        }
        return count == Self.pagesAtOnce ? page + count : nil
    }

    /// The unused ranges of a page, as indices into the whole buffer.
    static func gaps(of page: ArraySlice<UInt8>, isFirst: Bool, usable: Int) -> [Range<Int>] {
        let start = page.startIndex
        func number(_ offset: Int) -> Int { Int(page[start + offset]) << 8 | Int(page[start + offset + 1]) }
        let header = isFirst ? 100 : 0
        let headerSize: Int
        switch page[start + header] {
        case 2, 5: headerSize = 12
        case 10, 13: headerSize = 8
        // Other kinds of pages are zeroed as a whole when they are freed.
        default: return []
        }
        let cells = number(header + 3)
        let content = number(header + 5) == 0 ? 65_536 : number(header + 5)
        let end = header + headerSize + 2 * cells
        guard end <= content, content <= usable else { return [] }
        var gaps = [start + end..<start + content]
        var block = number(header + 1)
        while block > 0 {
            guard block >= content, block + 4 <= usable, block + number(block + 2) <= usable else { break }
            if number(block + 2) > 4 { gaps.append(start + block + 4..<start + block + number(block + 2)) }
            let next = number(block)
            guard next == 0 || next > block else { break }
            block = next
        }
        return gaps
    }

    private func read(_ count: Int, at offset: Int) -> [UInt8]? {
        var got = 0
        let bytes = [UInt8](unsafeUninitializedCapacity: count) { buffer, initialized in
            // Within the buffer, as got < count.
            while got < count {
                let part = pread(descriptor, buffer.baseAddress.map { $0 + got }, count - got, offset + got)
                if part < 0, errno == EINTR { continue }
                guard part > 0 else { break }
                got += part
            }
            initialized = got
        }
        return got > 0 ? bytes : nil
    }

    private func zero(_ count: Int, at offset: Int) throws {
        let zeroes = [UInt8](repeating: 0, count: count)
        var written = 0
        while written < count {
            let part = zeroes.withUnsafeBytes {
                // Within the zeroes, as written < count.
                pwrite(descriptor, $0.baseAddress.map { $0 + written }, count - written, offset + written)
            }
            if part < 0, errno == EINTR { continue }
            guard part > 0 else { throw failure }
            written += part
        }
    }

    private var failure: DatabaseError {
        DatabaseError(resultCode: .SQLITE_IOERR_WRITE, message: String(cString: strerror(errno)))
    }
}

/// The page layout of an SQLite file, as given by its first bytes.
///
/// Source: "Database File Format" of SQLite, sections 1.3 and 1.8.
struct PageLayout: Equatable {
    static let headerSize = 100

    let pageSize: Int
    /// The usable bytes of a page.
    let usable: Int
    /// Whether some pages are pointer maps, which name the parent of each page so that pages can be moved.
    let hasPointerMaps: Bool

    /// Nil when the header makes no sense.
    init?(header: [UInt8]) {
        guard header.count >= Self.headerSize else { return nil }
        let size = Int(header[16]) << 8 | Int(header[17])
        pageSize = size == 1 ? 65_536 : size
        usable = pageSize - Int(header[20])
        hasPointerMaps = header[52..<56].contains { $0 != 0 }
        guard pageSize >= 512, usable >= 480 else { return nil }
    }

    /// Whether a page, 1 and up, is a pointer map: it holds entries of five bytes for the pages that follow it.
    func isPointerMap(_ page: Int) -> Bool {
        guard hasPointerMaps, page > 1 else { return false }
        let stretch = usable / 5 + 1
        let map = (page - 2) / stretch * stretch + 2
        // The page of the lock byte, at 1 GiB, is never used: a map that would be there comes after it.
        let locked = 0x4000_0000 / pageSize + 1
        return page == (map == locked ? map + 1 : map)
    }
}
