import AsyncHTTPClient
import NIOCore
import NIOHTTP1
import Synchronization

/// Notes what happens to one request: whether it was written, and as much of the answer as is needed.
final class ExchangeCollector: HTTPClientResponseDelegate {
    private struct State {
        var requestWritten = false
        var answer: HTTPAnswer?
    }

    /// The body is longer than anybody wants to read.
    private struct BodyTooLarge: Error {}

    private let state = Mutex(State())

    func didSendRequestHead(task: HTTPClient.Task<Void>, _ head: HTTPRequestHead) {
        state.withLock { $0.requestWritten = true }
    }

    func didReceiveHead(task: HTTPClient.Task<Void>, _ head: HTTPResponseHead) -> EventLoopFuture<Void> {
        var answer = HTTPAnswer(status: Int(head.status.code))
        answer.contentType = head.headers.first(name: "Content-Type")
        answer.retryAfter = head.headers["Retry-After"]
        answer.date = head.headers.first(name: "Date")
        answer.size = head.headers.first(name: "Content-Length").flatMap(Int.init) ?? 0
        let isTooLarge = answer.size > HTTPAnswer.longestBody
        if isTooLarge { answer.bodyEnd = .tooLarge }
        state.withLock { $0.answer = answer }
        return isTooLarge
            ? task.eventLoop.makeFailedFuture(BodyTooLarge()) : task.eventLoop.makeSucceededVoidFuture()
    }

    func didReceiveBodyPart(task: HTTPClient.Task<Void>, _ part: ByteBuffer) -> EventLoopFuture<Void> {
        let isTooLarge = state.withLock { state in
            state.answer?.append(part) == .tooLarge
        }
        return isTooLarge
            ? task.eventLoop.makeFailedFuture(BodyTooLarge()) : task.eventLoop.makeSucceededVoidFuture()
    }

    func didFinishRequest(task: HTTPClient.Task<Void>) {}

    /// What came of the request, once AsyncHTTPClient is done with it.
    func exchange(endedBy error: (any Error)?, hasProxy: Bool) -> Exchange {
        state.withLock { state in
            guard var answer = state.answer else {
                return .failed(
                    TransportFailure(error, requestWritten: state.requestWritten, hasProxy: hasProxy)
                )
            }
            if let error, answer.bodyEnd == .complete {
                answer.bodyEnd = .cut(TransportFailure(error, requestWritten: true, hasProxy: hasProxy).cause)
            }
            return .answered(answer)
        }
    }
}

extension HTTPAnswer {
    /// Adds to the body what the limit allows and says how the body stands; what goes beyond is dropped.
    fileprivate mutating func append(_ part: ByteBuffer) -> BodyEnd {
        let total = body.readableBytes + part.readableBytes
        size = max(size, total)
        guard total <= Self.longestBody else {
            bodyEnd = .tooLarge
            body = ByteBuffer()
            return bodyEnd
        }
        if body.readableBytes == 0 {
            body = part
        } else {
            body.writeImmutableBuffer(part)
        }
        return bodyEnd
    }
}
