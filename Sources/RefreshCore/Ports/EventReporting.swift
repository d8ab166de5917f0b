/// Takes note of events.
///
/// Never blocks, throws or waits: it is called on the working path.
package protocol EventReporting: Sendable {
    func report(_ event: Event)
}
