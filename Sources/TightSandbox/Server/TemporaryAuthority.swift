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
        let publicKey = Certificate.PrivateKey(serverKey).publicKey

        // From a day ago, for callers whose clock is behind, for thirty days, longer than any run.
        let from = Date(timeIntervalSinceNow: -86_400)
        let until = Date(timeIntervalSinceNow: 30 * 86_400)
        let authority = try Certificate(
            version: .v3,
            serialNumber: .init(),
            publicKey: authorityKey.publicKey,
            notValidBefore: from,
            notValidAfter: until,
            issuer: authorityName,
            subject: authorityName,
            signatureAlgorithm: .ecdsaWithSHA256,
            extensions: try Certificate.Extensions {
                Critical(BasicConstraints.isCertificateAuthority(maxPathLength: 0))
                Critical(KeyUsage(keyCertSign: true, cRLSign: true))
                SubjectKeyIdentifier(hash: authorityKey.publicKey)
            },
            issuerPrivateKey: authorityKey
        )
        let server = try Certificate(
            version: .v3,
            serialNumber: .init(),
            publicKey: publicKey,
            notValidBefore: from,
            notValidAfter: until,
            issuer: authorityName,
            subject: try DistinguishedName { CommonName("localhost") },
            signatureAlgorithm: .ecdsaWithSHA256,
            extensions: try Certificate.Extensions {
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
            },
            issuerPrivateKey: authorityKey
        )

        certificatePEM = try authority.serializeAsPEM().pemString + "\n"
        leaf = try NIOSSLCertificate(bytes: Array(try server.serializeAsPEM().pemString.utf8), format: .pem)
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
