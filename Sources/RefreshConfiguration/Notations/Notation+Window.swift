import RefreshCore

extension Notation<DailyWindow> {
    /// Hours of the day in a time zone.
    static var window: Notation {
        Notation(
            allowed: "`{\"from\": \"HH:MM\", \"to\": \"HH:MM\", \"zone\": \"Area/City\"}`",
            read: { (value) throws(Complaint) -> DailyWindow in try WindowReading.window(value) },
            write: {
                .object([
                    ("from", .string($0.from.description)), ("to", .string($0.to.description)),
                    ("zone", .string($0.zone.name)),
                ])
            }
        )
    }
}

private enum WindowReading {
    static let example = "{\"from\": \"01:00\", \"to\": \"05:30\", \"zone\": \"Europe/Berlin\"}"
    static let keys = ["from", "to", "zone"]

    static func window(_ value: JSONValue) throws(Complaint) -> DailyWindow {
        guard case .object(let members) = value else {
            throw .wrongType(value, expected: "hours of the day such as \(example)")
        }
        for member in members where !keys.contains(member.key) {
            let near = NearestName.of(member.key, among: keys)
            throw Complaint(
                .unknownKey,
                "\(shown(member.key)) is no key of a window",
                near.map { "did you mean \"\($0)\"?" } ?? "known here: \(keys.joined(separator: ", "))"
            )
        }
        let from = try time("from", of: members)
        let to = try time("to", of: members)
        let zone = try zone(text("zone", of: members))
        guard let window = DailyWindow(from: from, to: to, zone: zone) else {
            throw Complaint(
                .badValue,
                "from and to are both \(from)",
                "omit the window if calls may come at any hour"
            )
        }
        return window
    }

    private static func text(_ key: String, of members: [JSONMember]) throws(Complaint) -> String {
        guard let member = members.first(where: { $0.key == key }) else {
            throw Complaint(.missingKey, "\"\(key)\" is missing", "write \(example)")
        }
        guard case .string(let text) = member.node.value else {
            throw Complaint(
                .wrongType, "\(key) must be a text, not \(member.node.value.typeName)", "write \(example)")
        }
        return text
    }

    private static func time(_ key: String, of members: [JSONMember]) throws(Complaint) -> TimeOfDay {
        let text = try text(key, of: members)
        if let time = TimeOfDay(text) { return time }
        let guess =
            text == "24:00"
            ? "00:00" : [text, "0" + text, text + ":00", "0" + text + ":00"].first { TimeOfDay($0) != nil }
        throw Complaint(
            .badValue,
            "\(key) is \(shown(text)): not a time of day",
            guess.map { "write \"\($0)\"" } ?? "write hour and minute, \"00:00\" to \"23:59\""
        )
    }

    private static func zone(_ name: String) throws(Complaint) -> ZoneRules {
        do throws(ZoneProblem) {
            return try ZoneDatabase().rules(of: name)
        } catch {
            switch error {
            case .unknown(let nearest):
                throw Complaint(
                    .badValue,
                    "zone is \(shown(name)): no such time zone",
                    nearest.map { "did you mean \"\($0)\"?" }
                        ?? "write its IANA name, such as \"Europe/Berlin\"; timedatectl list-timezones shows all"
                )
            case .noData(let directory):
                throw Complaint(
                    .file,
                    "there is no time zone data in \(directory)",
                    "install the package tzdata: apt install tzdata"
                )
            case .unusable(let path, let detail):
                throw Complaint(
                    .file,
                    "the time zone file \(path) cannot be used: \(detail)",
                    "reinstall it: apt install --reinstall tzdata"
                )
            }
        }
    }

    /// The text in quotes, or a placeholder if it is so long that it may be a secret.
    private static func shown(_ text: String) -> String {
        ShownValue.text(of: .string(text)) ?? "a long text"
    }
}
