import FoundationEssentials
package import RefreshCore

/// What a proxy knows us by: a user name and a password, sent to the proxy alone.
package struct ProxyCredentials: Sendable, Equatable {
    private let pair: Secret

    /// Takes `user:password`, whose user has no colon; nil if that is not what it is.
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

    /// The value of `Proxy-Authorization`; made for the moment of sending alone.
    var basic: String {
        pair.withBytes { "Basic " + Data($0).base64EncodedString() }
    }
}
