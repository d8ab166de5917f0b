import CNghttp2
import NIOCore
import RefreshCore

/// The effect of the server's frames on the calls.
///
/// nghttp2 reports them from within `receive`, and a stream that it finds faulty from within `send`.
extension HTTP2Connection {
    func headBegan(_ call: OpenCall?) {
        call?.isHeard = true
        incoming = call.map { IncomingHead($0) }
    }

    /// Returns false if the head exceeds the limit; nghttp2 then resets the stream.
    func headField(_ name: UnsafeBufferPointer<UInt8>, _ value: UnsafeBufferPointer<UInt8>) -> Bool {
        apply(incoming?.read(name, value))
    }

    /// As above, for a field that is not read but counts.
    func headFieldLeftOut(size: Int) -> Bool {
        apply(incoming?.count(size))
    }

    private func apply(_ finding: IncomingHead.Finding?) -> Bool {
        guard let finding, let call = incoming?.call else { return true }
        switch finding {
        case .informational: if !call.awaitsMore() { drop(call, .notHTTP) }
        case .notHTTP: drop(call, .notHTTP)
        case .tooLarge:
            release(call)
            call.fail(.headTooLarge)
            rest()
            return false
        }
        return true
    }

    /// The head is complete; `isAnswer` means that nothing follows it.
    func headEnded(isAnswer: Bool) {
        guard let head = exchange(&incoming, with: nil) else { return }
        if let answer = head.answer {
            head.call.answer = answer
            if answer.isTooLarge { return drop(head.call, .connectionLost) }
        }
        if isAnswer { answerEnded(head.call) }
    }

    func bodyCame(_ bytes: UnsafeRawBufferPointer, of call: OpenCall) {
        call.answer?.append(bytes)
        if call.answer?.isTooLarge == true { drop(call, .connectionLost) }
    }

    /// The last byte of the answer has arrived.
    func answerEnded(_ call: OpenCall) {
        call.isAnswered = true
        // If the request is complete too, nghttp2 closes the stream next.
        guard !call.isWhole else { return }
        // An answer can arrive before the whole request is sent; the rest is then not needed.
        session.reset(call.stream, NGHTTP2_NO_ERROR)
        release(call)
        wrote()
        call.succeed()
    }

    /// The stream is closed: its answer is complete, or nghttp2 found the server at fault.
    ///
    /// A reset by the server is reported earlier, and so are the streams that a GOAWAY excludes.
    func streamClosed(_ call: OpenCall) {
        forget(call)
        if call.isAnswered { return call.succeed() }
        guard call.isWritten else {
            // nghttp2 could not send the request.
            pool.handOver(call, .neverWritten)
            return leave()
        }
        // A server that has begun to answer has received the request; without a readable head, it is not an answer in
        // HTTP.
        call.fail(call.isHeard && call.answer == nil ? .notHTTP : .connectionLost)
        rest()
    }

    /// The server has reset the stream.
    func streamReset(_ call: OpenCall, _ code: UInt32) {
        release(call)
        // A gateway also sends REFUSED_STREAM for requests that a server behind it has read. It proves nothing unless
        // the stream exceeded the limit.
        if code == NGHTTP2_REFUSED_STREAM.rawValue, call.isExcess {
            pool.handOver(call, .disclaimed(.refusedStream))
        } else {
            call.fail(.connectionLost)
        }
        rest()
    }

    /// The server will not start any stream after `last`; the others may still be answered.
    ///
    /// This frame is the evidence, not the close of a stream: nghttp2 reports REFUSED_STREAM for each stream beyond
    /// `last`, in any order, as if the server had sent it. Therefore, all of them are taken back here, before those
    /// reports. Source: RFC 9113 section 6.8.
    func goAwayCame(after last: Int32, _ code: UInt32) {
        if code == NGHTTP2_ENHANCE_YOUR_CALM.rawValue { pool.courtesy.complained(.now()) }
        // Newest first, so that the oldest ends up at the front of the waiting calls.
        for call in calls.filter({ $0.stream > last }).sorted(by: { $0.stream > $1.stream }) {
            release(call)
            pool.handOver(call, .disclaimed(.goAway))
        }
        leave()
    }

    /// The server's settings, initial or updated; nil if they do not limit the number of streams.
    func settingsCame(maximumStreams most: Int?) {
        if let most {
            maximumStreams = most
            for call in calls where call.rank > most { call.isExcess = true }
        }
        settled()
    }
}

/// A head that is being read.
struct IncomingHead {
    /// What ends the reading of this head.
    enum Finding {
        case informational, notHTTP, tooLarge
    }

    let call: OpenCall
    /// The answer as far as it is known; nil for an informational head and for trailers.
    private(set) var answer: HTTPAnswer?
    /// Trailers follow the answer's head and body, and change nothing.
    private let isTrailer: Bool
    private var size = 0

    init(_ call: OpenCall) {
        self.call = call
        isTrailer = call.answer != nil
    }

    /// Counts a field of this size, as RFC 9113 section 6.5.2 defines it.
    mutating func count(_ field: Int) -> Finding? {
        size += field + 32
        return size <= HTTPAnswer.longestHead ? nil : .tooLarge
    }

    /// Reads a field; the first one is the status, which nghttp2 has checked.
    mutating func read(_ name: UnsafeBufferPointer<UInt8>, _ value: UnsafeBufferPointer<UInt8>) -> Finding? {
        if let finding = count(name.count + value.count) { return finding }
        guard answer == nil else {
            answer?.note(name, String(decoding: value, as: UTF8.self))
            return nil
        }
        guard !isTrailer, name.first == UInt8(ascii: ":") else { return nil }
        let status = value.reduce(0) { 10 * $0 + Int($1 &- UInt8(ascii: "0")) }
        guard status >= 200 else { return status >= 100 ? .informational : .notHTTP }
        answer = HTTPAnswer(status: status)
        return nil
    }
}
