import RefreshCore

extension Notation<Endpoint> {
    /// The address to which the API's paths are appended.
    static var baseURL: Notation {
        .text(
            allowed: "`https://` address; `http://` for this machine only", example: "https://api.example.com/rest"
        ) { (text) throws(Complaint) -> Endpoint in
            do throws(EndpointProblem) { return try Endpoint(text) } catch { throw error.ofAPI }
        }
    }
}

extension Notation<ProxyEndpoint> {
    static var proxy: Notation {
        .text(
            allowed: "`http://HOST:PORT`", example: "http://proxy.example.com:3128"
        ) { (text) throws(Complaint) -> ProxyEndpoint in
            do throws(EndpointProblem) { return try ProxyEndpoint(text) } catch { throw error.ofProxy }
        }
    }
}

extension EndpointProblem {
    fileprivate var ofAPI: Complaint {
        switch self {
        case .scheme: Complaint(.badValue, "not an https:// address", "begin it with https://")
        case .clearText:
            Complaint(
                .badValue,
                "http:// would send tokens in clear text",
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
        case .noHost: Complaint(.badValue, "an address without a host")
        case .host:
            Complaint(
                .badValue,
                "a host that is no name or address",
                "write a name in ASCII, an IPv4 address of four numbers up to 255, or an IPv6 address in [ ]"
            )
        case .port: Complaint(.badValue, "a port that is none", "use 1 to 65535")
        case .path, .proxyWithPath:
            Complaint(
                .badValue,
                "a path with an illegal character, an empty part, or . or ..",
                "write it plainly"
            )
        case .operation: Complaint(.badValue, "more than the base of the API", "end it before /v5")
        case .proxyWithoutPort: Complaint(.badValue, "the port is missing")
        }
    }

    fileprivate var ofProxy: Complaint {
        let form = "write http://HOST:PORT"
        return switch self {
        case .scheme: Complaint(.badValue, "not an http:// address", form)
        case .userInfo:
            Complaint(
                .inlineSecret,
                "a user name or password in an address",
                "write http://HOST:PORT, and name what holds user:password in api.proxyCredentials",
                showsValue: false
            )
        case .proxyWithoutPort: Complaint(.badValue, "the port is missing", form)
        case .proxyWithPath, .path: Complaint(.badValue, "a proxy with a path", form)
        case .clearText, .queryOrFragment, .noHost, .host, .port, .operation: ofAPI
        }
    }
}

extension Notation<ListenAddress> {
    static var listenAddress: Notation {
        .text(
            allowed: "`ADDRESS:PORT`, such as `127.0.0.1:9477` or `[::1]:9477`", example: "127.0.0.1:9477"
        ) { (text) throws(Complaint) -> ListenAddress in
            guard let address = ListenAddress(text: text) else {
                throw Complaint(
                    .badValue, "not an IP address and a port", "write them as \"127.0.0.1:9477\" or \"[::1]:9477\"")
            }
            return address
        }
    }
}

extension Notation<String> {
    /// A short name for people, on one line.
    static func label(longest: Int) -> Notation {
        .text(
            allowed: "text of 1 to \(longest) characters", example: "production"
        ) { (text) throws(Complaint) -> String in
            guard !text.isEmpty, text.count <= longest, !text.unicodeScalars.contains(where: \.isControl) else {
                throw Complaint(.badValue, "not a text of 1 to \(longest) characters on one line")
            }
            return text
        }
    }
}
