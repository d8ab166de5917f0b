import NIOHPACK
import NIOHTTP1
import RefreshCore

/// The common part of all calls of one kind, encoded once for both versions of HTTP.
///
/// A class, since every call hands it on several times.
final class RequestHead: Sendable {
    private let http1: HTTPRequestHead
    private let http2: HPACKHeaders
    private let authority: String

    init(_ call: HTTPCall, to endpoint: Endpoint, userAgent: String) {
        let path = endpoint.pathPrefix + call.path
        authority = endpoint.authority
        http1 = HTTPRequestHead(
            version: .http1_1,
            method: HTTPMethod(rawValue: call.method),
            uri: path,
            headers: HTTPHeaders(
                [
                    ("Accept", call.accept), ("Accept-Encoding", "identity"), ("User-Agent", userAgent),
                    // Some servers keep the connection unasked, and say for how long only to who asks.
                    ("Connection", "keep-alive"),
                ] + call.headers
            )
        )
        var http2: HPACKHeaders = [
            ":method": call.method, ":scheme": endpoint.scheme.rawValue, ":authority": authority, ":path": path,
            "accept": call.accept, "accept-encoding": "identity", "user-agent": userAgent,
        ]
        // Fields of a call can be secret: they stay out of both sides' tables of what was sent before.
        for (name, value) in call.headers { http2.add(name: name, value: value, indexing: .neverIndexed) }
        self.http2 = http2
    }

    func http1(bearer: String?, bodySize: Int) -> HTTPRequestHead {
        var head = http1
        head.headers.reserveCapacity(head.headers.count + 3)
        if let bearer { head.headers.add(name: "Authorization", value: bearer) }
        head.headers.add(name: "host", value: authority)
        head.headers.add(name: "Content-Length", value: bodySize == 0 ? "0" : String(bodySize))
        return head
    }

    func http2(bearer: String?, bodySize: Int) -> HPACKHeaders {
        var headers = http2
        headers.reserveCapacity(headers.count + 2)
        if let bearer { headers.add(name: "authorization", value: bearer, indexing: .neverIndexed) }
        headers.add(name: "content-length", value: bodySize == 0 ? "0" : String(bodySize))
        return headers
    }
}
