import Crypto
import FoundationEssentials
import NIOSSL
import SwiftASN1
import X509

/// A certificate authority made for one run, with the one certificate that it signed; the keys stay in memory.
struct TemporaryAuthority: Sendable {
    /// The certificate that callers must trust.
    let certificatePEM: String
    private let leaf: NIOSSLCertificate
    private let leafKey: NIOSSLPrivateKey

    init() throws {
        let authorityKey = Certificate.PrivateKey(P256.Signing.PrivateKey())
        let authorityName = try DistinguishedName {
            OrganizationName("tight-sandbox")
            CommonName("tight-sandbox authority")
        }
        let serverKey = P256.Signing.PrivateKey()

        // From a day ago, for callers whose clock is behind, for thirty days, longer than any run.
        let from = Date(timeIntervalSinceNow: -86_400)
        let until = Date(timeIntervalSinceNow: 30 * 86_400)
        func signed(
            _ publicKey: Certificate.PublicKey, _ subject: DistinguishedName, _ extensions: Certificate.Extensions
        ) throws -> String {
            let certificate = try Certificate(
                version: .v3,
                serialNumber: .init(),
                publicKey: publicKey,
                notValidBefore: from,
                notValidAfter: until,
                issuer: authorityName,
                subject: subject,
                signatureAlgorithm: .ecdsaWithSHA256,
                extensions: extensions,
                issuerPrivateKey: authorityKey
            )
            return try certificate.serializeAsPEM().pemString
        }
        let authority = try signed(
            authorityKey.publicKey,
            authorityName,
            try Certificate.Extensions {
                Critical(BasicConstraints.isCertificateAuthority(maxPathLength: 0))
                Critical(KeyUsage(keyCertSign: true, cRLSign: true))
                SubjectKeyIdentifier(hash: authorityKey.publicKey)
            }
        )
        let server = try signed(
            Certificate.PrivateKey(serverKey).publicKey,
            try DistinguishedName { CommonName("localhost") },
            try Certificate.Extensions {
                Critical(BasicConstraints.notCertificateAuthority)
                Critical(KeyUsage(digitalSignature: true))
                try ExtendedKeyUsage([.serverAuth])
                SubjectAlternativeNames([
                    .dnsName("localhost"),
                    .ipAddress(ASN1OctetString(contentBytes: [127, 0, 0, 1])),
                    .ipAddress(
                        ASN1OctetString(contentBytes: [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1])
                    ),
                ])
            }
        )

        certificatePEM = authority + "\n"
        leaf = try NIOSSLCertificate(bytes: Array(server.utf8), format: .pem)
        leafKey = try NIOSSLPrivateKey(bytes: Array(serverKey.derRepresentation), format: .der)
    }

    func serverContext(applicationProtocols: [String]) throws -> NIOSSLContext {
        var configuration = TLSConfiguration.makeServerConfiguration(
            certificateChain: [.certificate(leaf)],
            privateKey: .privateKey(leafKey)
        )
        configuration.applicationProtocols = applicationProtocols
        return try NIOSSLContext(configuration: configuration)
    }
}
