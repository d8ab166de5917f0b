/// One hop on the way from this machine to an answer of the API's, and what was found there.
package struct ConnectionHop: Sendable, Equatable {
    package enum Place: String, Sendable {
        case name, address, proxy
        case tls = "TLS"
        case version = "protocol"
        case request
    }

    package enum State: String, Sendable {
        case good
        /// Worth knowing; calls find their way all the same.
        case noted
        /// Time, or somebody else, may mend it.
        case unavailable
        /// The configuration, or what it names, has to be mended.
        case misconfigured
    }

    package let place: Place
    /// What was looked at: a host, an address, a URL.
    package let subject: String
    package let state: State
    /// In words, with the remedy where something is wrong.
    package let found: String
}
