/// A column of numbers, and what a row of ours has in it; for statements that write many rows from arrays.
struct NumberColumn<Row>: Sendable {
    enum Width: String {
        case int2, int4, int8
    }

    let name: String
    let width: Width
    let value: @Sendable (Row) -> Int64?

    init(_ name: String, _ width: Width = .int8, _ value: @escaping @Sendable (Row) -> Int64?) {
        self.name = name
        self.width = width
        self.value = value
    }

    /// What is too great for the column is written as the greatest.
    func parameter(_ rows: [Row]) -> Parameter {
        switch width {
        case .int8: .int8s(rows.map(value))
        case .int4: .int4s(rows.map { value($0).map(Int32.init(clamping:)) })
        case .int2: .int2s(rows.map { value($0).map(Int16.init(clamping:)) })
        }
    }
}

/// The columns that a statement takes as arrays, from parameter `$1` on: `unnest($1::int8[], …)`.
struct ArrayColumns {
    private(set) var names: [String] = []
    private var types: [String] = []
    private(set) var parameters: [Parameter] = []

    mutating func add(_ name: String, _ type: String, _ parameter: Parameter) {
        names.append(name)
        types.append(type)
        parameters.append(parameter)
    }

    mutating func add<Row>(_ columns: [NumberColumn<Row>], of rows: [Row]) {
        for column in columns { add(column.name, column.width.rawValue, column.parameter(rows)) }
    }

    /// The arrays as a table `u`.
    var table: String {
        let arrays = types.indices.map { "$\($0 + 1)::\(types[$0])[]" }.joined(separator: ", ")
        return "unnest(\(arrays)) AS u(\(names.joined(separator: ", ")))"
    }

    /// Gives another parameter and returns its mark.
    mutating func mark(_ parameter: Parameter) -> String {
        extra.append(parameter)
        return "$\(parameters.count + extra.count)"
    }

    private var extra: [Parameter] = []
    var all: [Parameter] { parameters + extra }
}
