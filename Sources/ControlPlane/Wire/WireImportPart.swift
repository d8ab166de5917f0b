import RefreshCore
import RefreshDaemon

/// The import, or the like, that users belong to: a part of the bodies that name many.
struct WireImportPart: Codable, Equatable {
    let part: ImportPart

    private enum CodingKeys: String, CodingKey, CaseIterable { case id, last, kind, obstacle }

    init(_ part: ImportPart) {
        self.part = part
    }

    init(from decoder: any Decoder) throws {
        try decoder.refuseUnknownKeys(CodingKeys.self)
        let container = try decoder.container(keyedBy: CodingKeys.self)
        let id = try container.decode(String.self, forKey: .id)
        guard (1...64).contains(id.utf8.count) else {
            throw FieldProblem(container.codingPath + [CodingKeys.id], "\(id.utf8.count) bytes; 1 to 64 are allowed")
        }
        part = ImportPart(
            id: id, isLast: try container.decode(Bool.self, forKey: .last),
            kind: try container.decodeIfPresent(ImportPart.Kind.self, forKey: .kind) ?? .imported,
            obstacle: try container.decodeIfPresent(String.self, forKey: .obstacle))
    }

    func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(part.id, forKey: .id)
        try container.encode(part.isLast, forKey: .last)
        if part.kind != .imported { try container.encode(part.kind, forKey: .kind) }
        try container.encodeIfPresent(part.obstacle, forKey: .obstacle)
    }
}
