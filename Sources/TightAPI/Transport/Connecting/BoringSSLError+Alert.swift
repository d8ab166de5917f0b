import NIOSSL

extension BoringSSLError {
    /// Alerts by which a server refuses our side of a handshake.
    ///
    /// Others can come at any time and prove nothing. Source: RFC 8446 section 6.2.
    private static let refusals = [
        "HANDSHAKE_FAILURE", "NO_CERTIFICATE", "BAD_CERTIFICATE", "UNSUPPORTED_CERTIFICATE", "CERTIFICATE_REVOKED",
        "CERTIFICATE_EXPIRED", "CERTIFICATE_UNKNOWN", "UNKNOWN_CA", "ACCESS_DENIED", "DECRYPT_ERROR",
        "CERTIFICATE_REQUIRED",
    ].map { "ALERT_" + $0 }

    /// Whether the other side sent such an alert; BoringSSL says so in text alone.
    fileprivate var isRefusal: Bool {
        guard case .sslError(let stack) = self else { return false }
        return stack.contains { error in Self.refusals.contains { error.description.contains($0) } }
    }
}

extension Error {
    /// Whether the server refused our side of the TLS handshake: then it has read nothing that came after it.
    var isHandshakeAlert: Bool {
        (self as? BoringSSLError)?.isRefusal ?? false
    }
}
