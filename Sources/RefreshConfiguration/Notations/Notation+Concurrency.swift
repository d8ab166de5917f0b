import RefreshCore

extension Notation<ConcurrencyLimit.Policy> {
    /// A fixed count, or the bounds between which the daemon finds one: `{"min": 4, "max": 256}`.
    static func concurrency(_ range: ClosedRange<Int>) -> Notation {
        let count = Notation<Int>.count(range)
        return Notation(
            allowed: "\(count.allowed); or an object with `min` and `max`",
            read: { (value) throws(Complaint) -> ConcurrencyLimit.Policy in
                guard case .object(let members) = value else { return .fixed(try count.read(value)) }
                var bounds: [String: Int] = [:]
                for member in members {
                    guard ["min", "max"].contains(member.key) else {
                        let near = NearestName.of(member.key, among: ["min", "max"])
                        throw Complaint(
                            .unknownKey,
                            "it has a key other than min and max",
                            near.map { "did you mean \"\($0)\"?" } ?? "write {\"min\": 4, \"max\": 256}"
                        )
                    }
                    do throws(Complaint) {
                        bounds[member.key] = try count.read(member.node.value)
                    } catch {
                        throw Complaint(error.kind, "its \(member.key): \(error.reason)", error.suggestion)
                    }
                }
                return try policy(min: bounds["min"], max: bounds["max"])
            },
            write: { policy in
                guard policy.min < policy.max else { return .number(String(policy.max)) }
                return .object([("min", .number(String(policy.min))), ("max", .number(String(policy.max)))])
            }
        )
    }

    private static func policy(min: Int?, max: Int?) throws(Complaint) -> ConcurrencyLimit.Policy {
        let standard = ConcurrencyLimit.Policy()
        let least = min ?? Swift.min(standard.min, max ?? standard.min)
        let most = max ?? Swift.max(standard.max, least)
        guard least <= most else {
            throw Complaint(
                .contradiction,
                "min (\(least)) is more than max (\(most))",
                "lower min to \(most), or raise max to \(least)"
            )
        }
        return ConcurrencyLimit.Policy(min: least, max: most)
    }
}
