extension Session {
    /// Tries the hosts in order, each for no longer than its share of the time.
    ///
    /// libpq could try them itself, but it ignores `connect_timeout` when used with `PQconnectPoll`: a host that never
    /// answers would keep it from the next one.
    static func connected(
        to settings: ConnectionSettings, until deadline: ContinuousClock.Instant
    ) throws(PostgreSQLError) -> Session {
        var details: [String] = []
        var refusals: [(state: SQLState, message: String)] = []
        for (index, host) in settings.hosts.enumerated() {
            do throws(PostgreSQLError) {
                // Leave time for the other hosts.
                let share = (deadline - .now) / (settings.hosts.count - index)
                return try Session(settings, host: host, until: .now + min(share, settings.patienceForHost))
            } catch .refused(let state, let message) {
                refusals.append((state, message))
                details.append("\(host.description): \(state) \(message)")
            } catch .unreachable(let detail) {
                details.append("\(host.description): \(detail)")
            } catch .deadlinePassed {
                details.append("\(host.description): no answer in time")
            } catch {
                details.append("\(host.description): the connection broke")
            }
        }
        // If all hosts refuse for the same reason, another host or a later attempt would not help.
        if let first = refusals.first, refusals.count == settings.hosts.count,
            refusals.allSatisfy({ $0.state == first.state })
        {
            throw .refused(first.state, message: first.message)
        }
        throw .unreachable(detail: details.joined(separator: "; "))
    }
}
