import RefreshCore

/// Takes the events of a command, which tells its user itself what it did.
struct NobodyListens: EventReporting {
    func report(_ event: Event) {}
}
