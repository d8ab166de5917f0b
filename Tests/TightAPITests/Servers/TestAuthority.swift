import Crypto
import Foundation
import NIOSSL
import SwiftASN1
import X509

/// An authority of a test's own, with the certificates that it issued.
struct TestAuthority {
    private let key = Certificate.PrivateKey(P256.Signing.PrivateKey())
    private let certificate: Certificate

    init() throws {
        certificate = try Certificate(
            version: .v3,
            serialNumber: .init(),
            publicKey: key.publicKey,
            notValidBefore: .now - 3_600,
            notValidAfter: .now + 86_400,
            issuer: DistinguishedName { CommonName("Test authority") },
            subject: DistinguishedName { CommonName("Test authority") },
            signatureAlgorithm: .ecdsaWithSHA256,
            extensions: Certificate.Extensions {
                Critical(BasicConstraints.isCertificateAuthority(maxPathLength: nil))
                Critical(KeyUsage(keyCertSign: true))
            },
            issuerPrivateKey: key
        )
    }

    /// A server's TLS with a certificate for the host, good until the given moment.
    func serverTLS(
        host: String = "localhost",
        until end: Date = .now + 3_600,
        protocols: [String] = [],
        maximum: TLSVersion? = nil,
        demandsCertificate: Bool = false
    ) throws -> NIOSSLContext {
        let leafKey = P256.Signing.PrivateKey()
        let leaf = try Certificate(
            version: .v3,
            serialNumber: .init(),
            publicKey: Certificate.PublicKey(leafKey.publicKey),
            notValidBefore: .now - 7_200,
            notValidAfter: end,
            issuer: certificate.subject,
            subject: DistinguishedName { CommonName(host) },
            signatureAlgorithm: .ecdsaWithSHA256,
            extensions: Certificate.Extensions { SubjectAlternativeNames([.dnsName(host)]) },
            issuerPrivateKey: key
        )
        var configuration = TLSConfiguration.makeServerConfiguration(
            certificateChain: [
                .certificate(
                    try NIOSSLCertificate(bytes: Array(leaf.serializeAsPEM().derBytes), format: .der)
                )
            ],
            privateKey: .privateKey(
                try NIOSSLPrivateKey(bytes: Array(leafKey.derRepresentation), format: .der)
            )
        )
        configuration.applicationProtocols = protocols
        configuration.maximumTLSVersion = maximum
        if demandsCertificate {
            configuration.certificateVerification = .noHostnameVerification
            let root = try NIOSSLCertificate(bytes: Array(certificate.serializeAsPEM().derBytes), format: .der)
            configuration.trustRoots = .certificates([root])
        }
        return try NIOSSLContext(configuration: configuration)
    }

    /// Writes the authority's certificate to a file of its own.
    func writeCAFile() throws -> String {
        let path = FileManager.default.temporaryDirectory.appending(path: "\(UUID()).pem").path()
        try certificate.serializeAsPEM().pemString.write(toFile: path, atomically: true, encoding: .utf8)
        return path
    }
}
