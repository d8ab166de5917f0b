import NIOCore

extension HTTPAnswer {
    /// Whether this is the page of a server that accepted the connection but requires a client certificate.
    ///
    /// nginx finishes the handshake and says it in HTTP, with status 400 and in these words alone.
    var asksForClientCertificate: Bool {
        body.readableBytesView.firstRange(of: Self.nginxWords) != nil
    }

    private static let nginxWords = Array("No required SSL certificate was sent".utf8)
}
