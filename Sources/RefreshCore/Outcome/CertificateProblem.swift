/// Why the server's certificate is not trusted.
///
/// Names are as the certificates have them, sanitised and cut.
package enum CertificateProblem: Equatable, Sendable {
    /// Whose certificate has expired, or is not valid yet.
    package enum Holder: Equatable, Sendable {
        case server
        /// A certificate above the server's own.
        case issuer
    }

    case expired(Timestamp, of: Holder)
    case notYetValid(Timestamp, of: Holder)
    /// The server is a different one, or answers to this name with the certificate of another.
    case wrongHost(String, names: [String])
    /// The chain ends with a certificate of this issuer, which is not trusted.
    case issuerUnknown(String)
    case selfSigned
    /// The server sends only its own certificate, and its issuer is not trusted by itself.
    case intermediateMissing(issuer: String)
    case wrongPurpose
    /// No certificate, or one that is refused for an unknown reason.
    case refused

    package static let mostNames = 4
}

extension CertificateProblem {
    /// What is wrong, and who must fix it.
    package var text: String {
        switch self {
        case .expired(let moment, let holder):
            "\(holder.text) expired at \(moment): its operator must renew it, if this machine's clock is right "
                + "(timedatectl)"
        case .notYetValid(let moment, let holder):
            "\(holder.text) is valid only from \(moment): this machine's clock is probably slow (timedatectl)"
        case .wrongHost(let host, let names):
            "the server's certificate is for \(Self.list(names)), not for \(host): check api.baseURL, and where the"
                + " name leads"
        case .issuerUnknown(let issuer):
            "the server's certificate was issued by \(issuer), which is not trusted: name the file of that CA in"
                + " api.caFile; after a change of it: bankrefreshd reload"
        case .selfSigned:
            "the server's certificate is self-signed: name it in api.caFile if this is intended"
        case .intermediateMissing(let issuer):
            "the server does not send the certificate of its issuer \(issuer): its operator must add the intermediate "
                + "certificate"
        case .wrongPurpose: "the server's certificate is not meant for servers: its operator must replace it"
        case .refused: "the server's certificate is not trusted: check api.baseURL and api.caFile"
        }
    }

    private static func list(_ names: [String]) -> String {
        guard !names.isEmpty else { return "no name" }
        let shown = names.prefix(mostNames).joined(separator: ", ")
        return names.count > mostNames ? "\(shown) and others" : shown
    }
}

extension CertificateProblem.Holder {
    fileprivate var text: String {
        switch self {
        case .server: "the server's certificate"
        case .issuer: "the certificate of the server's issuer"
        }
    }
}

/// Why the proxy will never make a connection; the operator must fix it.
package enum ProxyRefusal: Equatable, Sendable {
    /// 403: its rules do not allow this port, or this host.
    case forbidden(port: Int)
    case credentialsMissing
    case credentialsRefused
    /// It does not answer CONNECT as a proxy does: it answers with this status, or not in HTTP.
    case notAProxy(status: Int?)

    package var text: String {
        switch self {
        case .forbidden(let port):
            "the proxy does not allow connections to the API at port \(port) (it answered 403): its rules have to"
        case .credentialsMissing:
            "the proxy asks for credentials (it answered 407): set api.proxyCredentials"
        case .credentialsRefused:
            "the proxy does not accept the credentials (it answered 407): correct what api.proxyCredentials names"
        case .notAProxy(let status):
            "what api.proxy names is no HTTP proxy that tunnels (it answered "
                + (status.map { "CONNECT with \($0)" } ?? "not in HTTP") + "): check its host and port"
        }
    }
}
