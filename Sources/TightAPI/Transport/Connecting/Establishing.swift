/// The observer of a channel until HTTP is established; confined to its event loop.
protocol Establishing: AnyObject {
    /// TLS is up; the server chose this protocol, or none.
    func secured(_ chosen: String?)

    /// The channel met an error or is closed.
    func lost(_ error: (any Error)?)
}
