/// Turns the file as written into settings, and continues after each problem to find them all.
struct SettingsReader {
    private(set) var problems: [ConfigurationProblem] = []
    /// The position of each key's value in the file.
    private(set) var written: [SettingPath: TextPosition] = [:]
    private var faulty: [SettingPath] = []
    /// Every known key, to recognize keys in the wrong section.
    private let everyPath: [SettingPath]

    init(everyPath: [SettingPath]) {
        self.everyPath = everyPath
    }

    /// Reads an object with the keys of a table into `root`; values of missing keys do not change.
    ///
    /// Keys are read in the order of the table, not of the file.
    mutating func read<Root>(
        _ node: JSONNode,
        at path: SettingPath,
        by settings: [Setting<Root>],
        into root: inout Root
    ) {
        guard let members = members(of: node, at: path) else { return }
        for member in members where !settings.contains(where: { $0.name == member.key }) {
            reportUnknown(member, in: path, known: settings.map(\.name))
        }
        for setting in settings {
            guard let member = members.first(where: { $0.key == setting.name }) else { continue }
            let path = path.appending(setting.name)
            written[path] = member.node.position
            switch setting.content {
            case .section(let settings): read(member.node, at: path, by: settings, into: &root)
            case .entries(let entries): entries.read(member.node, path, &root, &self)
            case .value(let value):
                do { try value.read(member.node.value, &root) } catch {
                    report(error, about: member.node, at: path)
                }
            }
        }
    }

    /// The members of an object; reports a problem and returns nil for anything else.
    mutating func members(of node: JSONNode, at path: SettingPath) -> [JSONMember]? {
        if case .object(let members) = node.value { return members }
        let complaint =
            path.isRoot
            ? Complaint(
                .wrongType,
                "an object { … } is expected, not \(node.value.typeName)",
                "begin with what bankrefreshd config example prints"
            )
            : Complaint.wrongType(node.value, expected: "an object { … }")
        report(complaint, about: node, at: path)
        return nil
    }

    /// Whether the value at a path, or an object that contains it, was refused.
    func isFaulty(_ path: SettingPath) -> Bool {
        faulty.contains { path.isWithin($0) }
    }

    mutating func report(_ complaint: Complaint, about node: JSONNode, at path: SettingPath) {
        faulty.append(path)
        problems.append(
            ConfigurationProblem(
                complaint.kind,
                at: path,
                position: node.position,
                value: complaint.showsValue ? ShownValue.text(of: node.value) : nil,
                reason: complaint.reason,
                suggestion: complaint.suggestion
            )
        )
    }

    mutating func report(_ problem: ConfigurationProblem) {
        problems.append(problem)
    }

    /// Reports a contradiction at the first of its keys that is in the file under `path`.
    ///
    /// Reports nothing if none of them is, or if a value was refused: the values are then not what the user meant.
    ///
    /// `inherited` gives the path from which a key that is not in the file takes its value.
    mutating func report(
        _ contradiction: Contradiction,
        under path: SettingPath,
        inherited: (SettingPath) -> SettingPath = { $0 }
    ) {
        let paths = contradiction.paths.map(path.appending)
        let involved = paths + contradiction.paths.map(inherited)
        guard !involved.contains(where: isFaulty),
            let place = paths.first(where: { written[$0] != nil })
        else { return }
        problems.append(
            ConfigurationProblem(
                .contradiction,
                at: place,
                position: written[place],
                reason: contradiction.reason,
                suggestion: contradiction.suggestion
            )
        )
    }

    private mutating func reportUnknown(_ member: JSONMember, in path: SettingPath, known: [String]) {
        let suggestion: String
        if let near = NearestName.of(member.key, among: known) {
            suggestion = "did you mean \"\(near)\"?"
        } else if let elsewhere = everyPath.first(where: { $0.last == member.key }) {
            suggestion = "it belongs to \(elsewhere)"
        } else {
            suggestion = "known here: \(known.joined(separator: ", "))"
        }
        problems.append(
            ConfigurationProblem(
                .unknownKey,
                at: path.appending(member.key),
                position: member.position,
                reason: "no such key",
                suggestion: suggestion
            )
        )
    }
}
