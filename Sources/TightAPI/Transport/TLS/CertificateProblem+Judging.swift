import Glibc
import NIOSSL
import RefreshCore

extension CertificateProblem {
    /// Says why verification stopped at a certificate of the server's chain; `server` is the server's own.
    ///
    /// Verification only reports that it failed. This second look explains the failure and changes nothing.
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

    /// The time of the clock that the verification uses.
    static var now: Timestamp { Timestamp(secondsSinceEpoch: Int64(time(nil))) }

    /// Says that a certificate, which is trusted, is not for this host.
    init(_ certificate: NIOSSLCertificate?, notFor host: String) {
        let names = certificate.flatMap { CertificateFacts($0) }?.names ?? []
        self = .wrongHost(host.sanitized(limit: 60), names: names)
    }
}
