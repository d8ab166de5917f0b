extension Session {
    /// Tries the hosts in order, each for no longer than its time.
    ///
    /// libpq would try them by itself, but heeds no `connect_timeout` where one waits by `PQconnectPoll`: a host that
    /// answers nothing would keep it from the next.
    static func connected(
        to settings: ConnectionSettings, until deadline: ContinuousClock.Instant
    ) throws(PostgreSQLError) -> Session {
        var details: [String] = []
        var refusals: [(state: SQLState, message: String)] = []
        for (index, host) in settings.hosts.enumerated() {
            do throws(PostgreSQLError) {
                // So that there is time left for the others.
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
        // Where all say the same, it is not for another host or another time to answer.
        if let first = refusals.first, refusals.count == settings.hosts.count,
            refusals.allSatisfy({ $0.state == first.state })
        {
            throw .refused(first.state, message: first.message)
        }
        throw .unreachable(detail: details.joined(separator: "; "))
    }
}
