/// A column of numbers, and what a row of ours has in it; for statements that write many rows from arrays.
struct NumberColumn<Row>: Sendable {
    let name: String
    let width: NumberColumnWidth
    let value: @Sendable (Row) -> Int64?

    init(_ name: String, _ width: NumberColumnWidth = .int8, _ value: @escaping @Sendable (Row) -> Int64?) {
        self.name = name
        self.width = width
        self.value = value
    }

    /// What is too great for the column is written as the greatest.
    fileprivate func parameter(_ values: [Int64?]) -> Parameter {
        switch width {
        case .int8: .int8s(values)
        case .int4: .int4s(values.map { $0.map(Int32.init(clamping:)) })
        case .int2: .int2s(values.map { $0.map(Int16.init(clamping:)) })
        }
    }

    /// As `parameter`, for one value.
    fileprivate func constant(_ value: Int64?) -> String {
        guard let value else { return "NULL::\(width.rawValue)" }
        let number =
            switch width {
            case .int8: value
            case .int4: Int64(Int32(clamping: value))
            case .int2: Int64(Int16(clamping: value))
            }
        return "(\(number))::\(width.rawValue)"
    }
}

enum NumberColumnWidth: String {
    case int2, int4, int8
}

/// The columns that a statement takes as arrays, from parameter `$1` on: `unnest($1::int8[], …)`.
///
/// A column of numbers in which all rows have the same is a constant of the statement: of the many columns of those who
/// were refreshed few differ, and the server takes as long for an array as for what it writes from it.
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
                add(column.name, column.width.rawValue, column.parameter(values))
            }
        }
    }

    /// Texts that most rows have none of.
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

    /// Gives another parameter and returns its mark.
    mutating func mark(_ parameter: Parameter) -> String {
        extra.append(parameter)
        return "$\(parameters.count + extra.count)"
    }

    private var extra: [Parameter] = []
    var all: [Parameter] { parameters + extra }
}
