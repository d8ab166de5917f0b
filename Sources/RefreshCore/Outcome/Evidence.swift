/// How far a call got, and who says so: what "may have reached the bank" is judged by.
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
        /// The server ended the TLS handshake with a fatal alert after our side of it was over, as TLS 1.3 allows
        /// (RFC 8446 section 4.4): it never read what was written.
        case handshakeAlert
    }

    /// Not one byte of the request has left.
    case neverWritten
    /// Written, and the other side's word that nobody acted upon it.
    case disclaimed(Disclaimer)
    /// Written; what came of it nobody can say. A reset is no proof: it tells of the connection, not of the request.
    case unknown
    /// Something came back: an answer, or what is none.
    case answered

    /// Whether somebody may have acted upon the request.
    package var mayHaveBeenActedUpon: Bool {
        switch self {
        case .neverWritten, .disclaimed: false
        case .unknown, .answered: true
        }
    }
}
