import NIOHTTP2

/// What an HTTP/2 server does with a request.
enum HTTP2Fault: Sendable {
    case success
    /// A success whose body is these bytes, in this coding.
    case compressed([UInt8], as: String)
    /// A success with spaces after it, so many bytes in all.
    case largeSuccess(Int)
    /// The answer, once the server's gate is open.
    case successBehindGate
    /// The answer, once a ping of ours is answered.
    case successAfterPing
    /// SETTINGS that allow so many streams from now on, then the answer.
    case allow(streams: Int)
    /// SETTINGS that allow so many streams from now on, then REFUSED_STREAM.
    case allowAndRefuse(streams: Int)
    /// GOAWAY with ENHANCE_YOUR_CALM, then the answer.
    case complainThenSuccess
    /// The answer, once the client has sent a ping.
    case successAfterTheirPing
    /// Nothing, ever.
    case silence
    case reset(HTTP2ErrorCode)
    /// The head of a 200 and half a body, then RST_STREAM.
    case resetInBody
    /// GOAWAY that names no stream as processed.
    case goAwayUnprocessed
    /// GOAWAY that names this stream as the last one processed, then the answer.
    case goAwayThenSuccess
    /// GOAWAY that names the connection's first stream as the last one processed, and no answer.
    case goAwayAfterFirst
    case close
}
