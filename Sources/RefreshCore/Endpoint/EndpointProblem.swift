/// Why some text is no address of an API or a proxy.
package enum EndpointProblem: Error, Equatable, CaseIterable, Sendable {
    /// It begins with none, or with one that is not supported.
    case scheme
    /// A host on the network over plain http.
    case clearText
    /// A user name or password, or an @ anywhere else: what holds one is not to be shown.
    case userInfo
    case queryOrFragment
    case noHost
    /// Neither a name nor an IP address.
    case host
    case port
    case path
    /// The path of an operation, which comes after the base.
    case operation
    case proxyWithPath
    case proxyWithoutPort
}
