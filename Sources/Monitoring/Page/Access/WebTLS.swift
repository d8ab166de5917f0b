import NIOCore
import NIOSSL
package import RefreshCore

/// The certificate of the page's server, and the chain to its authority.
package struct WebCertificate: Equatable, Sendable {
    fileprivate let chain: [NIOSSLCertificate]
    /// When the certificate expires.
    package let end: Timestamp

    /// PEM, the server's own certificate first.
    package init(pem: [UInt8]) throws(WebTLSProblem) {
        guard let chain = try? NIOSSLCertificate.fromPEMBytes(pem), let own = chain.first else { throw .noCertificate }
        self.chain = chain
        end = Timestamp(secondsSinceEpoch: Int64(own.notValidAfter))
    }
}

/// The key that belongs to a certificate.
package struct WebKey: Equatable, Sendable {
    fileprivate let key: NIOSSLPrivateKey

    /// PEM, without a passphrase.
    package init(pem: Secret) throws(WebTLSProblem) {
        var bytes = pem.withBytes { Array($0) }
        defer { bytes.wipe() }
        guard let key = try? NIOSSLPrivateKey(bytes: bytes, format: .pem) else { throw .noKey }
        self.key = key
    }
}

/// The encryption of connections to the page: TLS 1.2 or later.
package struct WebTLS: Sendable {
    let context: NIOSSLContext

    package init(_ certificate: WebCertificate, _ key: WebKey) throws(WebTLSProblem) {
        var configuration = TLSConfiguration.makeServerConfiguration(
            certificateChain: certificate.chain.map { .certificate($0) }, privateKey: .privateKey(key.key))
        configuration.minimumTLSVersion = .tlsv12
        configuration.applicationProtocols = ["http/1.1"]
        // A client that does not close TLS properly must not hold a connection.
        configuration.shutdownTimeout = .seconds(1)
        guard let context = try? NIOSSLContext(configuration: configuration) else { throw .keyDoesNotFit }
        self.context = context
    }
}

/// Why the page cannot be encrypted.
package enum WebTLSProblem: WebAccessProblem, Equatable {
    case noCertificate
    case noKey
    case keyDoesNotFit

    package var description: String {
        switch self {
        case .noCertificate: "there is no certificate in it"
        case .noKey: "there is no private key in it that can be read without a passphrase"
        case .keyDoesNotFit: "the key does not belong to the first certificate"
        }
    }

    package var remedy: String {
        switch self {
        case .noCertificate: "write the server's certificate into it as PEM, then the intermediate certificates"
        case .noKey: "write the key into it as PEM; openssl pkey -in OLD -out NEW removes a passphrase"
        case .keyDoesNotFit: "name a certificate and a key that were made together; the server's own comes first"
        }
    }
}
