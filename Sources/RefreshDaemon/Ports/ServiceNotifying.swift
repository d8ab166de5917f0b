/// Tells the service manager how the daemon is doing.
///
/// Every message is lost without harm where there is none.
///
/// Source: sd_notify(3).
package protocol ServiceNotifying: Sendable {
    /// How often the service manager wants to hear from a live daemon; nil when it does not watch.
    var watchdogInterval: Duration? { get }

    func ready(status: String)
    /// Announces a reload that a signal asked for; `ready` ends it, also after one that was refused.
    func reloading()
    func stopping(status: String)
    /// One short line, visible to every user of the machine.
    func status(_ text: String)
    /// A turn of the scheduler came to its end with a store that answered.
    func alive()
    /// Asks for this much more time to start or to stop.
    func extendTimeout(by duration: Duration)
}
