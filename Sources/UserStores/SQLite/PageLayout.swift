/// How a file of SQLite is divided into pages, as its first bytes say.
///
/// Source: "Database File Format" of SQLite, sections 1.3 and 1.8.
struct PageLayout: Equatable {
    static let headerSize = 100

    let pageSize: Int
    /// What of a page can be used.
    let usable: Int
    /// Whether some pages are maps that tell whose child each page is, so that pages can be moved.
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

    /// Whether a page, 1 and up, is such a map: it holds entries of five bytes for the pages that follow it.
    func isPointerMap(_ page: Int) -> Bool {
        guard hasPointerMaps, page > 1 else { return false }
        let stretch = usable / 5 + 1
        let map = (page - 2) / stretch * stretch + 2
        // The page of the lock byte, at 1 GiB, is never used: a map that would be there comes after it.
        let locked = 0x4000_0000 / pageSize + 1
        return page == (map == locked ? map + 1 : map)
    }
}
