package import RefreshCore

/// Hands every event to several listeners, in order.
package struct EventFanOut: EventReporting {
    private let listeners: [any EventReporting]

    package init(_ listeners: any EventReporting...) {
        self.listeners = listeners
    }

    package func report(_ event: Event) {
        for listener in listeners { listener.report(event) }
    }
}
