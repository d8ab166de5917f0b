/// Where the fields of a row lie among its bytes; nil where the row has none.
///
/// Bounded, so that a row costs no heap.
struct FieldRanges {
    private var ranges: InlineArray<5, Range<Int>?> = .init(repeating: nil)

    subscript(column: Column) -> Range<Int>? {
        get { ranges[Self.index(of: column)] }
        set { ranges[Self.index(of: column)] = newValue }
    }

    private static func index(of column: Column) -> Int {
        switch column {
        case .userID: 0
        case .accessToken: 1
        case .refreshToken: 2
        case .expiresAt: 3
        case .group: 4
        }
    }
}
