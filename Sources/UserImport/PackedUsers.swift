package import RefreshCore
package import RefreshDaemon

/// Users that wait to be passed on in the order of their places.
///
/// A user takes the bytes of its texts and about 50 more, in memory that is wiped before it is freed.
package final class PackedUsers {
    /// The number of bytes at which users should be passed on: about 1.3 million users with tokens of 97 characters.
    package static let most = 192 << 20

    /// Where a user's bytes begin.
    private struct Slot {
        let place: Place
        let block: Int32
        let start: Int32
    }

    /// Precedes a user's texts, which are id, token, refresh token and group, in this order.
    private struct Head: BitwiseCopyable {
        let expiry: Int64
        /// The index in `standings`, plus 1.
        ///
        /// 0 for none; only an export has any.
        let standing: Int32
        let id: UInt16
        let token: UInt16
        /// 0 if there is none, as for the group: neither is ever empty.
        let refreshToken: UInt16
        let group: UInt16
    }

    private static let blockSize = 1 << 20
    private static let standingSize = 512
    private static let noExpiry = Int64.min

    private let most: Int
    private var slots: [Slot] = []
    /// No block outgrows its reserved capacity, so that none is moved and leaves a copy behind.
    private var blocks: [[UInt8]] = []
    private var standings: [UserStanding] = []

    package init(most: Int = PackedUsers.most) {
        self.most = most
    }

    deinit {
        for index in blocks.indices { blocks[index].wipe() }
    }

    package var count: Int { slots.count }

    package var isFull: Bool {
        blocks.count * Self.blockSize + slots.count * MemoryLayout<Slot>.stride
            + standings.count * Self.standingSize >= most
    }

    package func add(_ entry: UserEntry, at place: Place) {
        if let standing = entry.standing { standings.append(standing) }
        let group = entry.group?.rawValue.utf8
        let head = Head(
            expiry: entry.expiresAt?.microsecondsSinceEpoch ?? Self.noExpiry,
            standing: entry.standing == nil ? 0 : Int32(standings.count), id: UInt16(entry.id.rawValue.utf8.count),
            token: UInt16(entry.token.secret.count), refreshToken: UInt16(entry.refreshToken?.secret.count ?? 0),
            group: UInt16(group?.count ?? 0))
        let size = MemoryLayout<Head>.size + Int(head.id) + Int(head.token) + Int(head.refreshToken) + Int(head.group)
        if blocks.last.map({ $0.count + size > Self.blockSize }) ?? true {
            blocks.append([])
            blocks[blocks.count - 1].reserveCapacity(Self.blockSize)
        }
        let block = blocks.count - 1
        slots.append(Slot(place: place, block: Int32(block), start: Int32(blocks[block].count)))
        withUnsafeBytes(of: head) { blocks[block].append(contentsOf: $0.prefix(MemoryLayout<Head>.size)) }
        blocks[block].append(contentsOf: entry.id.rawValue.utf8)
        entry.token.secret.withBytes { blocks[block].append(contentsOf: $0) }
        entry.refreshToken?.secret.withBytes { blocks[block].append(contentsOf: $0) }
        if let group { blocks[block].append(contentsOf: group) }
    }

    /// Sorts the users by place, and users of one place in the order in which they were added.
    package func sort() {
        slots.sort { ($0.place, $0.block, $0.start) < ($1.place, $1.block, $1.start) }
    }

    /// The user at an index, from 0.
    package func entry(at index: Int) throws -> UserEntry {
        let slot = slots[index]
        let block = blocks[Int(slot.block)]
        // `add` wrote these bytes.
        let head = block.withUnsafeBytes { $0.loadUnaligned(fromByteOffset: Int(slot.start), as: Head.self) }
        let id = Int(slot.start) + MemoryLayout<Head>.size
        let token = id + Int(head.id)
        let refreshToken = token + Int(head.token)
        let group = refreshToken + Int(head.refreshToken)
        let end = group + Int(head.group)
        let bytes = block.span
        return UserEntry(
            id: try UserID(String(copying: UTF8Span(validating: bytes.extracting(id..<token)))),
            token: try AccessToken(bytes.extracting(token..<refreshToken)),
            group: group == end
                ? nil : GroupName(String(copying: try UTF8Span(validating: bytes.extracting(group..<end)))),
            expiresAt: head.expiry == Self.noExpiry ? nil : Timestamp(microsecondsSinceEpoch: head.expiry),
            refreshToken: refreshToken == group ? nil : try AccessToken(bytes.extracting(refreshToken..<group)),
            standing: head.standing == 0 ? nil : standings[Int(head.standing) - 1])
    }
}
