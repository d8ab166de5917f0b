/// How far a call got, and on whose word: the basis for "may have reached the bank".
package enum Evidence: Equatable, Hashable, Sendable {
    /// Whose word proves that a request was not acted upon although it was written.
    package enum Disclaimer: Equatable, Hashable, Sendable, CaseIterable {
        /// GOAWAY named a lower stream as the last one that may have been acted upon (RFC 9113 section 6.8).
        case goAway
        /// REFUSED_STREAM for a stream beyond what the server's SETTINGS allow, opened before they were known or
        /// acknowledged (RFC 9113 section 5.1.2).
        ///
        /// Only there is it the server's HTTP/2 layer that speaks. Gateways send the same code for requests that a
        /// server behind them has read.
        case refusedStream
        /// The server ended the TLS handshake with a fatal alert after the client's side was complete, as TLS 1.3
        /// allows (RFC 8446 section 4.4): it never read what was written.
        case handshakeAlert
    }

    /// Not one byte of the request has left.
    case neverWritten
    /// Written, and the other side says that it was not processed.
    case disclaimed(Disclaimer)
    /// Written, with unknown result. A reset is no proof: it concerns the connection, not the request.
    case unknown
    /// Something came back: an answer, or data that is none.
    case answered

    /// Whether a server may have processed the request.
    package var mayHaveBeenActedUpon: Bool {
        switch self {
        case .neverWritten, .disclaimed: false
        case .unknown, .answered: true
        }
    }
}
