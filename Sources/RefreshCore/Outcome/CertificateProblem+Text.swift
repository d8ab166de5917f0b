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
                + " api.caFile"
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
