import Crypto
import Foundation
import NIOSSL
import SwiftASN1
import X509

/// An authority of a test's own, with the certificates that it issued.
struct TestAuthority {
    private let key = Certificate.PrivateKey(P256.Signing.PrivateKey())
    private let certificate: Certificate

    /// An authority that vouches for itself, or one below `issuer`.
    init(
        _ name: String = "Test authority",
        below issuer: TestAuthority? = nil,
        from begin: Date = .now - 3_600,
        until end: Date = .now + 86_400
    ) throws {
        let subject = try DistinguishedName { CommonName(name) }
        certificate = try Certificate(
            version: .v3,
            serialNumber: .init(),
            publicKey: key.publicKey,
            notValidBefore: begin,
            notValidAfter: end,
            issuer: issuer?.certificate.subject ?? subject,
            subject: subject,
            signatureAlgorithm: .ecdsaWithSHA256,
            extensions: Certificate.Extensions {
                Critical(BasicConstraints.isCertificateAuthority(maxPathLength: nil))
                Critical(KeyUsage(keyCertSign: true))
            },
            issuerPrivateKey: issuer?.key ?? key
        )
    }

    /// What is out of the ordinary about a server's certificate and its TLS.
    struct Oddities {
        var names: [GeneralName]?
        var from = Date.now - 7_200
        var until = Date.now + 3_600
        var protocols: [String] = []
        var maximum: TLSVersion?
        /// Authorities whose certificates are sent along.
        var sending: [TestAuthority] = []
        var purposes: [ExtendedKeyUsage.Usage]?
        /// Whether it says where its issuer's certificate can be had.
        var tellsIssuersPlace = false
        var isSelfSigned = false
        /// Lets nobody in without a certificate that this authority issued.
        var clientsOf: TestAuthority?
    }

    /// A server's TLS with a certificate for the host, good until the given moment.
    func serverTLS(
        host: String = "localhost",
        until end: Date = .now + 3_600,
        protocols: [String] = [],
        maximum: TLSVersion? = nil
    ) throws -> NIOSSLContext {
        try serverTLS(host: host) {
            $0.until = end
            $0.protocols = protocols
            $0.maximum = maximum
        }
    }

    func serverTLS(host: String = "localhost", _ change: (inout Oddities) throws -> Void) throws -> NIOSSLContext {
        var odd = Oddities()
        try change(&odd)
        let leafKey = P256.Signing.PrivateKey()
        let leaf = try issue(leafKey, host, odd)
        let chain = try ([leaf] + odd.sending.map(\.certificate)).map {
            NIOSSLCertificateSource.certificate(try Self.native($0))
        }
        var configuration = TLSConfiguration.makeServerConfiguration(
            certificateChain: chain,
            privateKey: .privateKey(
                try NIOSSLPrivateKey(bytes: Array(leafKey.derRepresentation), format: .der)
            )
        )
        configuration.applicationProtocols = odd.protocols
        configuration.maximumTLSVersion = odd.maximum
        if let authority = odd.clientsOf {
            configuration.certificateVerification = .noHostnameVerification
            configuration.trustRoots = .certificates([try Self.native(authority.certificate)])
        }
        return try NIOSSLContext(configuration: configuration)
    }

    private func issue(_ leafKey: P256.Signing.PrivateKey, _ host: String, _ odd: Oddities) throws -> Certificate {
        let subject = try DistinguishedName { CommonName(host) }
        return try Certificate(
            version: .v3,
            serialNumber: .init(),
            publicKey: Certificate.PublicKey(leafKey.publicKey),
            notValidBefore: odd.from,
            notValidAfter: odd.until,
            issuer: odd.isSelfSigned ? subject : certificate.subject,
            subject: subject,
            signatureAlgorithm: .ecdsaWithSHA256,
            extensions: Certificate.Extensions {
                SubjectAlternativeNames(odd.names ?? [.dnsName(host)])
                if let purposes = odd.purposes { try ExtendedKeyUsage(purposes) }
                if odd.tellsIssuersPlace {
                    AuthorityInformationAccess([
                        .init(
                            method: .issuingCA,
                            location: .uniformResourceIdentifier("http://ca.example/issuer.cer")
                        )
                    ])
                }
            },
            issuerPrivateKey: odd.isSelfSigned ? Certificate.PrivateKey(leafKey) : key
        )
    }

    private static func native(_ certificate: Certificate) throws -> NIOSSLCertificate {
        try NIOSSLCertificate(bytes: Array(certificate.serializeAsPEM().derBytes), format: .der)
    }

    /// Writes the authority's certificate to a file of its own.
    func writeCAFile() throws -> String {
        let path = FileManager.default.temporaryDirectory.appending(path: "\(UUID()).pem").path()
        try certificate.serializeAsPEM().pemString.write(toFile: path, atomically: true, encoding: .utf8)
        return path
    }
}
