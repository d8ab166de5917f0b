/// How far a call got, and who says so: the basis for "may have reached the bank".
package enum Evidence: Equatable, Hashable, Sendable {
    /// What proves that a request was not acted upon although it was written.
    package enum Disclaimer: Equatable, Hashable, Sendable, CaseIterable {
        /// GOAWAY named a lower stream as the last one that may have been acted upon (RFC 9113 section 6.8).
        case goAway
        /// REFUSED_STREAM for a stream over the server's limit, opened before its SETTINGS were known or acknowledged.
        ///
        /// Source: RFC 9113 section 5.1.2. Only then does the code come from the server's HTTP/2 layer. Gateways also
        /// send it for requests that a server behind them has read.
        case refusedStream
        /// The server ended the TLS handshake with a fatal alert after the client's side was complete.
        ///
        /// TLS 1.3 allows this (RFC 8446 section 4.4). The server never read what was written.
        case handshakeAlert
    }

    /// Not one byte of the request has left.
    case neverWritten
    /// Written, and the other side says that it was not processed.
    case disclaimed(Disclaimer)
    /// Written, with an unknown result; a reset proves nothing, because it concerns the connection, not the request.
    case unknown
    /// Something came back: an answer, or data that is not one.
    case answered

    package var mayHaveBeenActedUpon: Bool {
        switch self {
        case .neverWritten, .disclaimed: false
        case .unknown, .answered: true
        }
    }
}
