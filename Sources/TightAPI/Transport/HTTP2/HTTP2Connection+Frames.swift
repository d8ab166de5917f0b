import NIOCore
import NIOHPACK
import NIOHTTP2
import RefreshCore

/// The effect of the server's frames on the calls.
extension HTTP2Connection {
    func receive(_ frame: HTTP2Frame, _ context: ChannelHandlerContext) {
        let stream = frame.streamID
        switch frame.payload {
        case .headers(let payload):
            guard let call = calls[stream] else { return }
            guard call.answer != nil || begin(call, payload.headers) else { return drop(stream, .notHTTP) }
            advance(stream, call, isEnd: payload.endStream)
        case .data(let payload):
            guard let call = calls[stream], case .byteBuffer(let part) = payload.data else { return }
            call.answer?.append(part)
            advance(stream, call, isEnd: payload.endStream)
        case .rstStream(let code):
            guard let call = calls.removeValue(forKey: stream) else { return }
            // A gateway says so of requests too that a server behind it has read. It is proof of nothing unless the
            // stream was one too many.
            if code == .refusedStream, call.isExcess {
                pool.handOver(call, .disclaimed(.refusedStream))
            } else {
                call.fail(.connectionLost)
            }
            rest()
        case .settings(.settings(let settings)):
            if let most = settings.last(where: { $0.parameter == .maxConcurrentStreams }) {
                maximumStreams = most.value
                for call in calls.values where call.rank > maximumStreams { call.isExcess = true }
            }
            settled()
        case .goAway(let last, let code, _):
            if code == .enhanceYourCalm { pool.courtesy.complained(.now()) }
            leave(after: last)
        default: break
        }
    }

    /// Takes the head of an answer; false if it is none, or the informational ones do not end.
    private func begin(_ call: OpenCall, _ headers: HPACKHeaders) -> Bool {
        guard let first = headers.first, first.name == ":status", let status = Int(first.value), status >= 100 else {
            return false
        }
        guard status >= 200 else { return call.awaitsMore() }
        call.answer = HTTPAnswer(status, headers)
        return true
    }

    /// Ends the call if its answer is all there, or is more than is read.
    private func advance(_ stream: HTTP2StreamID, _ call: OpenCall, isEnd: Bool) {
        if call.answer?.isTooLarge == true { return drop(stream, .connectionLost) }
        guard isEnd else { return }
        calls[stream] = nil
        // An answer can come before all of the request has gone; the rest of it is not wanted any more.
        if !call.isWhole, let context { write(.rstStream(.noError), on: stream, context) }
        call.succeed()
    }

    /// The server will never start what it has not started; the rest may still be answered.
    ///
    /// Source: RFC 9113 section 6.8.
    private func leave(after last: HTTP2StreamID) {
        // The newest first, so that the oldest comes to stand at the head of the waiting calls.
        for stream in calls.keys.filter({ $0 > last }).sorted(by: >) {
            if let call = calls.removeValue(forKey: stream) { pool.handOver(call, .disclaimed(.goAway)) }
        }
        leave()
    }
}

extension HTTPAnswer {
    fileprivate init(_ status: Int, _ headers: HPACKHeaders) {
        self.init(status: status)
        for (name, value, _) in headers { note(name, value) }
    }
}
