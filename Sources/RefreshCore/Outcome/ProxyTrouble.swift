/// Why the proxy made no connection this time; a later call may fare better.
package enum ProxyTrouble: Equatable, Sendable {
    case nameNotResolved
    /// No process listens at its address, or the address is unreachable.
    case notReached
    /// It took the connection and then closed it, or said nothing in time.
    case noAnswer
    /// It is there, and says with this status that it does not get through to the API.
    case targetNotReached(status: Int)
    /// It is there, and asks with this status to come back later.
    case busy(status: Int)

    /// What is wrong, and who must fix it.
    package var text: String {
        switch self {
        case .nameNotResolved: "the proxy's name could not be resolved: check api.proxy and the DNS"
        case .notReached: "no connection to the proxy could be made: does it run, and is api.proxy right?"
        case .noAnswer: "the proxy accepted the connection and gave no answer: check the proxy"
        case .targetNotReached(let status):
            "the proxy does not reach the API (it answered \(status)): the API may be down, or the proxy's own network"
        case .busy(let status): "the proxy is too busy (it answered \(status)): check the proxy"
        }
    }
}
