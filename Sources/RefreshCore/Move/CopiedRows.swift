/// Consecutive rows of a table, column by column, as a store read them for a copy.
package struct CopiedRows: Sendable {
    /// The values of one column; only the list that fits the column's kind is filled.
    package struct Values: Sendable {
        package let column: CopiedTable.Column
        package private(set) var numbers: [Int64?] = []
        package private(set) var texts: [String?] = []
        package private(set) var bytes: [[UInt8]?] = []

        fileprivate init(_ column: CopiedTable.Column, reserving count: Int) {
            self.column = column
            switch column.kind {
            case .int8, .int4, .int2: numbers.reserveCapacity(count)
            case .text: texts.reserveCapacity(count)
            case .bytes: bytes.reserveCapacity(count)
            }
        }

        /// Clamps a number that is too large for the column, because some stores have room for more than others.
        package mutating func add(_ number: Int64?) {
            switch column.kind {
            case .int4: numbers.append(number.map { Int64(Int32(clamping: $0)) })
            case .int2: numbers.append(number.map { Int64(Int16(clamping: $0)) })
            case .int8, .text, .bytes: numbers.append(number)
            }
        }

        package mutating func add(_ text: String?) { texts.append(text) }

        package mutating func add(_ value: [UInt8]?) { bytes.append(value) }

        fileprivate mutating func change(_ change: (Int64) -> Int64) {
            for index in numbers.indices { numbers[index] = numbers[index].map(change) }
        }
    }

    package let table: CopiedTable
    package var columns: [Values]

    package init(of table: CopiedTable, reserving count: Int = 0) {
        self.table = table
        columns = table.columns.map { Values($0, reserving: count) }
    }

    package var count: Int { columns[0].numbers.count }

    /// The key of the last row; nil if there is none.
    package var lastKey: [Int64]? {
        count == 0 ? nil : columns.prefix(table.keyCount).map { ($0.numbers.last ?? nil) ?? 0 }
    }

    /// Lengthens running minimum intervals by what the copy needs.
    package mutating func shiftFloors(by shift: FloorShift) {
        guard table == .schedule, !shift.isNone, let column = CopiedTable.reachedAt else { return }
        columns[column].change {
            shift.moved(Timestamp(microsecondsSinceEpoch: $0)).microsecondsSinceEpoch
        }
    }
}

/// The number of rows of a table, and a checksum of each column that does not depend on the order of rows.
///
/// It detects accidental loss and change; it does not protect against deliberate tampering.
package struct TableDigest: Equatable, Sendable {
    package let table: CopiedTable
    package private(set) var rows = 0
    private var sums: [UInt64]

    package init(of table: CopiedTable) {
        self.table = table
        sums = table.columns.map { _ in 0 }
    }

    package mutating func add(_ rows: CopiedRows) {
        self.rows += rows.count
        var keys = [UInt64](repeating: 0, count: rows.count)
        for column in rows.columns.prefix(table.keyCount) {
            for (row, number) in column.numbers.enumerated() { keys[row] = Self.mixed(keys[row], Self.word(number)) }
        }
        for (index, column) in rows.columns.enumerated() {
            var sum = sums[index]
            switch column.column.kind {
            case .int8, .int4, .int2:
                for (row, number) in column.numbers.enumerated() { sum &+= Self.mixed(keys[row], Self.word(number)) }
            case .text:
                for (row, text) in column.texts.enumerated() {
                    var text = text
                    sum &+= text?.withUTF8 { Self.mixed(keys[row], UnsafeRawBufferPointer($0)) } ?? 0
                }
            case .bytes:
                for (row, bytes) in column.bytes.enumerated() {
                    sum &+= bytes?.withUnsafeBytes { Self.mixed(keys[row], $0) } ?? 0
                }
            }
            sums[index] = sum
        }
    }

    /// The first column that differs in `other`; nil if the number of rows differs, or nothing does.
    package func columnApart(from other: TableDigest) -> String? {
        guard rows == other.rows else { return nil }
        return zip(table.columns, zip(sums, other.sums)).first { $1.0 != $1.1 }?.0.name
    }

    /// The hash word of a number; NULL has a word of its own.
    private static func word(_ number: Int64?) -> UInt64 {
        number.map { UInt64(bitPattern: $0) &* 0x9e37_79b9_7f4a_7c15 } ?? 0x6e75_6c6c_6e75_6c6c
    }

    private static func mixed(_ state: UInt64, _ word: UInt64) -> UInt64 {
        var mixer = SplitMix64(seed: state &+ word)
        return mixer.next()
    }

    private static func mixed(_ state: UInt64, _ bytes: UnsafeRawBufferPointer) -> UInt64 {
        var state = mixed(state, UInt64(bytes.count))
        var index = 0
        while index + 8 <= bytes.count {
            state = mixed(state, UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: index, as: UInt64.self)))
            index += 8
        }
        var rest: UInt64 = 0
        for byte in bytes[index...] { rest = rest << 8 | UInt64(byte) }
        return mixed(state, rest)
    }
}
