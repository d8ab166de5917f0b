import Glibc
import NIOSSL
import RefreshCore
import SwiftASN1

/// The parts of a certificate that explain why it is not trusted.
///
/// This type makes no trust decisions. Source: RFC 5280 section 4.1.
struct CertificateFacts {
    /// The common name, or else the organisation, sanitised and truncated.
    let issuer: String
    let subject: String
    /// Whether subject and issuer are the same: a root or a self-signed certificate.
    let isSelfIssued: Bool
    /// DNS names and IPv4 addresses, sanitised and truncated; one more than is shown.
    let names: [String]
    /// Whether it says where to get its issuer's certificate, as those of public authorities do.
    let tellsIssuersPlace: Bool
    /// False only if it is restricted to other purposes.
    let isForServers: Bool

    /// Nil if it cannot be parsed.
    init?(_ certificate: NIOSSLCertificate) {
        guard let bytes = try? certificate.toDERBytes(), let root = try? DER.parse(bytes),
            var fields = root.children.first?.children
        else { return nil }
        // The version comes first and is optional.
        if fields.first?.isTagged(0) == true { fields.removeFirst() }
        guard fields.count >= 6 else { return nil }
        let (issuer, subject) = (fields[2], fields[4])
        self.issuer = Self.name(in: issuer)
        self.subject = Self.name(in: subject)
        isSelfIssued = issuer.encodedBytes == subject.encodedBytes
        let extensions = Self.extensions(in: fields)
        names = Self.names(in: extensions[Self.subjectAlternativeName])
        tellsIssuersPlace =
            extensions[Self.authorityInformationAccess]?.children.contains {
                $0.children.first?.object == Self.issuersCertificate
            } ?? false
        let purposes = extensions[Self.extendedKeyUsage]?.children.compactMap(\.object)
        isForServers = purposes.map { $0.contains(Self.server) || $0.contains(Self.anyPurpose) } ?? true
    }

    private static let commonName: ASN1ObjectIdentifier = [2, 5, 4, 3]
    private static let organisation: ASN1ObjectIdentifier = [2, 5, 4, 10]
    private static let subjectAlternativeName: ASN1ObjectIdentifier = [2, 5, 29, 17]
    private static let extendedKeyUsage: ASN1ObjectIdentifier = [2, 5, 29, 37]
    private static let anyPurpose: ASN1ObjectIdentifier = [2, 5, 29, 37, 0]
    private static let server: ASN1ObjectIdentifier = [1, 3, 6, 1, 5, 5, 7, 3, 1]
    private static let authorityInformationAccess: ASN1ObjectIdentifier = [1, 3, 6, 1, 5, 5, 7, 1, 1]
    private static let issuersCertificate: ASN1ObjectIdentifier = [1, 3, 6, 1, 5, 5, 7, 48, 2]

    /// The parsed values by type.
    private static func extensions(in fields: [ASN1Node]) -> [ASN1ObjectIdentifier: ASN1Node] {
        let list = fields.first { $0.isTagged(3) }?.children.first?.children ?? []
        return list.reduce(into: [:]) { found, entry in
            guard let kind = entry.children.first?.object, let value = entry.children.last?.bytes,
                let parsed = try? DER.parse(value)
            else { return }
            found[kind] = parsed
        }
    }

    private static func name(in node: ASN1Node) -> String {
        let parts = node.children.flatMap(\.children).map(\.children)
        for kind in [commonName, organisation] {
            // The last one is the most specific.
            if let part = parts.last(where: { $0.count == 2 && $0[0].object == kind }), let bytes = part[1].bytes {
                let text = String(decoding: bytes, as: UTF8.self).sanitized(limit: 40)
                if !text.isEmpty { return text }
            }
        }
        return "an unnamed authority"
    }

    /// Source: RFC 5280 section 4.2.1.6.
    private static func names(in node: ASN1Node?) -> [String] {
        let names = (node?.children ?? []).compactMap { name -> String? in
            guard let bytes = name.bytes else { return nil }
            if name.isTagged(2) { return String(decoding: bytes, as: UTF8.self).sanitized(limit: 60) }
            guard name.isTagged(7), bytes.count == 4 else { return nil }
            return bytes.map { String($0) }.joined(separator: ".")
        }
        return Array(names.prefix(CertificateProblem.mostNames + 1))
    }
}

extension ASN1Node {
    fileprivate var children: [ASN1Node] {
        if case .constructed(let nodes) = content { Array(nodes) } else { [] }
    }

    fileprivate var bytes: ArraySlice<UInt8>? {
        if case .primitive(let bytes) = content { bytes } else { nil }
    }

    fileprivate var object: ASN1ObjectIdentifier? { try? ASN1ObjectIdentifier(derEncoded: self) }

    fileprivate func isTagged(_ number: UInt) -> Bool {
        identifier == ASN1Identifier(tagWithNumber: number, tagClass: .contextSpecific)
    }
}

extension CertificateProblem {
    /// Says why verification stopped at a certificate of the server's chain; `server` is the server's own.
    ///
    /// Verification itself only reports that it failed. This second look explains the failure and changes nothing.
    init(stoppedAt certificate: NIOSSLCertificate?, server: NIOSSLCertificate?) {
        guard let certificate, let facts = CertificateFacts(certificate) else {
            self = .refused
            return
        }
        let isServers = server == nil || certificate == server
        let holder = isServers ? Holder.server : .issuer
        let now = Self.now
        let begin = Timestamp(secondsSinceEpoch: Int64(certificate.notValidBefore))
        let end = Timestamp(secondsSinceEpoch: Int64(certificate.notValidAfter))
        self =
            if now > end {
                .expired(end, of: holder)
            } else if now < begin {
                .notYetValid(begin, of: holder)
            } else if isServers, !facts.isForServers {
                .wrongPurpose
            } else if facts.isSelfIssued {
                isServers ? .selfSigned : .issuerUnknown(facts.subject)
            } else if isServers, facts.tellsIssuersPlace {
                .intermediateMissing(issuer: facts.issuer)
            } else {
                .issuerUnknown(facts.issuer)
            }
    }

    /// The current time by the clock that the verification uses.
    static var now: Timestamp { Timestamp(secondsSinceEpoch: Int64(time(nil))) }

    /// Says that a trusted certificate is not for this host.
    init(_ certificate: NIOSSLCertificate?, notFor host: String) {
        let names = certificate.flatMap { CertificateFacts($0) }?.names ?? []
        self = .wrongHost(host.sanitized(limit: 60), names: names)
    }
}
