import FoundationEssentials
package import RefreshCore

/// Credentials for a proxy: a user name and a password, sent to the proxy only.
package struct ProxyCredentials: Sendable, Equatable {
    private let pair: Secret

    /// Parses `user:password`, whose user has no colon; nil for anything else.
    ///
    /// Source: RFC 7617 section 2.
    package init?(_ pair: Secret) {
        let isPair = pair.withBytes { bytes in
            bytes.first != UInt8(ascii: ":") && bytes.contains(UInt8(ascii: ":"))
                && bytes.allSatisfy { $0 >= 0x20 && $0 != 0x7F }
        }
        guard isPair else { return nil }
        self.pair = pair
    }

    /// The value of `Proxy-Authorization`; exists only while it is sent.
    var basic: String {
        pair.withBytes { "Basic " + Data($0).base64EncodedString() }
    }
}
