import FoundationEssentials

/// Any JSON value, to change the texts of a document of any form.
indirect enum JSONTree: Codable, Equatable {
    case null
    case flag(Bool)
    case whole(Int64)
    case number(Double)
    case text(String)
    case list([JSONTree])
    case object([String: JSONTree])

    init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        if container.decodeNil() {
            self = .null
        } else if let flag = try? container.decode(Bool.self) {
            self = .flag(flag)
        } else if let number = try? container.decode(Int64.self) {
            self = .whole(number)
        } else if let number = try? container.decode(Double.self) {
            self = .number(number)
        } else if let text = try? container.decode(String.self) {
            self = .text(text)
        } else if let list = try? container.decode([JSONTree].self) {
            self = .list(list)
        } else {
            self = .object(try container.decode([String: JSONTree].self))
        }
    }

    init(_ value: some Encodable) throws {
        self = try JSONDecoder().decode(JSONTree.self, from: JSONEncoder().encode(value))
    }

    func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        switch self {
        case .null: try container.encodeNil()
        case .flag(let flag): try container.encode(flag)
        case .whole(let number): try container.encode(number)
        case .number(let number): try container.encode(number)
        case .text(let text): try container.encode(text)
        case .list(let list): try container.encode(list)
        case .object(let members): try container.encode(members)
        }
    }

    /// All texts except keys of objects.
    var texts: [String] {
        switch self {
        case .null, .flag, .whole, .number: []
        case .text(let text): [text]
        case .list(let list): list.flatMap(\.texts)
        case .object(let members): members.values.flatMap(\.texts)
        }
    }

    /// A copy with changed texts; keys of objects stay the same.
    func mappingTexts(_ change: (String) -> String) -> JSONTree {
        switch self {
        case .null, .flag, .whole, .number: self
        case .text(let text): .text(change(text))
        case .list(let list): .list(list.map { $0.mappingTexts(change) })
        case .object(let members): .object(members.mapValues { $0.mappingTexts(change) })
        }
    }
}
