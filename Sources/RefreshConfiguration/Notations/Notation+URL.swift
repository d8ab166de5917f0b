extension Notation<BaseURL> {
    /// An address that the API's paths are appended to.
    static var baseURL: Notation {
        Notation(
            allowed: "`https://` address; `http://` for this machine only",
            read: { (value) throws(Complaint) -> BaseURL in
                let text = try text(value, example: "\"https://api.example.com/rest\"")
                do throws(BaseURL.Fault) { return try BaseURL(text: text) } catch { throw error.complaint }
            },
            write: { .string($0.description) }
        )
    }
}

extension Notation<ProxyAddress> {
    /// `http://HOST:PORT`.
    static var proxy: Notation {
        Notation(
            allowed: "`http://HOST:PORT`",
            read: { (value) throws(Complaint) -> ProxyAddress in
                let form = "write http://HOST:PORT"
                let credentials = "write http://HOST:PORT, and name what holds user:password in api.proxyCredentials"
                let text = try text(value, example: "\"http://proxy.example.com:3128\"")
                guard !text.contains("@") else {
                    throw Complaint(
                        .inlineSecret,
                        "a user name or password in an address",
                        credentials,
                        showsValue: false
                    )
                }
                guard text.lowercased().hasPrefix("http://") else {
                    throw Complaint(.badValue, "not an http:// address", form)
                }
                var rest = text.dropFirst(7)
                if rest.hasSuffix("/") { rest.removeLast() }
                let authority: Authority
                do throws(Authority.Fault) { authority = try Authority(text: rest) } catch {
                    throw BaseURL.Fault.authority(error).complaint
                }
                guard let port = authority.port else {
                    throw Complaint(.badValue, "the port is missing", form)
                }
                return ProxyAddress(host: authority.host, port: port)
            },
            write: { .string($0.description) }
        )
    }
}

extension BaseURL.Fault {
    fileprivate var complaint: Complaint {
        switch self {
        case .scheme: Complaint(.badValue, "not an https:// address", "begin it with https://")
        case .clearText:
            Complaint(
                .badValue,
                "http:// would send tokens in the clear",
                "use https://; http:// is for localhost only"
            )
        case .userInfo:
            Complaint(
                .inlineSecret,
                "a user name or password in an address",
                "remove everything up to and including the @",
                showsValue: false
            )
        case .queryOrFragment:
            Complaint(.badValue, "a ? or # in an address", "remove it and what follows", showsValue: false)
        case .authority(.noHost): Complaint(.badValue, "an address without a host")
        case .authority(.host):
            Complaint(
                .badValue,
                "a host that is no name or address",
                "write a name in ASCII, or an IPv6 address in [ ]"
            )
        case .authority(.port): Complaint(.badValue, "a port that is none", "use 1 to 65535")
        case .path:
            Complaint(
                .badValue,
                "a path with an illegal character, an empty part, or . or ..",
                "write it plainly"
            )
        case .operation: Complaint(.badValue, "more than the base of the API", "end it before /v5")
        }
    }
}
