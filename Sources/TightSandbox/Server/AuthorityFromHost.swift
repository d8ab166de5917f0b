import NIOCore
import NIOHPACK
import NIOHTTP2

/// Takes `host` for `:authority` where a request has none.
///
/// RFC 7540 section 8.1.2.3 had gateways leave it out where they make an HTTP/2 request of an HTTP/1.1 one, as HAProxy
/// does, and RFC 9113 section 8.3.1 does not count it among the mandatory ones; but the codec behind refuses it.
final class AuthorityFromHost: ChannelInboundHandler {
    typealias InboundIn = HTTP2Frame.FramePayload
    typealias InboundOut = HTTP2Frame.FramePayload

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard case .headers(var frame) = unwrapInboundIn(data), !frame.headers.contains(name: ":authority"),
            frame.headers.contains(name: ":method"), let host = frame.headers.first(name: "host")
        else { return context.fireChannelRead(data) }
        // Pseudo-header fields come first (section 8.3).
        var headers = HPACKHeaders([(":authority", host)])
        headers.add(contentsOf: frame.headers)
        frame.headers = headers
        context.fireChannelRead(wrapInboundOut(.headers(frame)))
    }
}
