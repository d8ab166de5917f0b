/// A numeric column and its value for a row, for statements that write many rows from arrays.
struct NumberColumn<Row>: Sendable {
    let name: String
    let width: NumberColumnWidth
    let value: @Sendable (Row) -> Int64?

    init(_ name: String, _ width: NumberColumnWidth = .int8, _ value: @escaping @Sendable (Row) -> Int64?) {
        self.name = name
        self.width = width
        self.value = value
    }

    fileprivate func constant(_ value: Int64?) -> String {
        value.map { "(\(width.clamped($0)))::\(width.rawValue)" } ?? "NULL::\(width.rawValue)"
    }
}

/// The size of a numeric column; numbers that do not fit it are clamped.
enum NumberColumnWidth: String {
    case int2, int4, int8

    func clamped(_ number: Int64) -> Int64 {
        switch self {
        case .int8: number
        case .int4: Int64(Int32(clamping: number))
        case .int2: Int64(Int16(clamping: number))
        }
    }

    func array(_ numbers: [Int64?]) -> Parameter {
        switch self {
        case .int8: .int8s(numbers)
        case .int4: .int4s(numbers.map { $0.map(Int32.init(clamping:)) })
        case .int2: .int2s(numbers.map { $0.map(Int16.init(clamping:)) })
        }
    }
}

/// The columns that a statement takes as arrays, from parameter `$1` on: `unnest($1::int8[], …)`.
///
/// A numeric column with the same value in all rows becomes a constant of the statement. Few of the many columns differ
/// between refreshed users, and the server takes as long to read an array as to write what it contains.
struct ArrayColumns {
    private var types: [String] = []
    private var arrays: [String] = []
    private var constants: [String] = []
    private var parameters: [Parameter] = []

    mutating func add(_ name: String, _ type: String, _ parameter: Parameter) {
        arrays.append(name)
        types.append(type)
        parameters.append(parameter)
    }

    mutating func add<Row>(_ columns: [NumberColumn<Row>], of rows: [Row]) {
        for column in columns {
            let values = rows.map(column.value)
            if let first = values.first, values.allSatisfy({ $0 == first }) {
                constants.append("\(column.constant(first)) AS \(column.name)")
            } else {
                add(column.name, column.width.rawValue, column.width.array(values))
            }
        }
    }

    /// Adds texts that are nil in most rows.
    mutating func add(_ name: String, texts: [String?]) {
        if texts.allSatisfy({ $0 == nil }) {
            constants.append("NULL::text AS \(name)")
        } else {
            add(name, "text", .texts(texts))
        }
    }

    /// The columns as a table `u`; at least one is an array.
    var table: String {
        let marks = types.indices.map { "$\($0 + 1)::\(types[$0])[]" }.joined(separator: ", ")
        let unnested = "unnest(\(marks)) AS \(constants.isEmpty ? "u" : "a")(\(arrays.joined(separator: ", ")))"
        return constants.isEmpty
            ? unnested : "(SELECT a.*, \(constants.joined(separator: ", ")) FROM \(unnested)) AS u"
    }

    /// Adds another parameter, and returns its placeholder.
    mutating func mark(_ parameter: Parameter) -> String {
        extra.append(parameter)
        return "$\(parameters.count + extra.count)"
    }

    private var extra: [Parameter] = []
    var all: [Parameter] { parameters + extra }
}
