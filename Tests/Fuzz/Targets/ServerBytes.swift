import Foundation
import NIOCore
import NIOEmbedded
import RefreshCore
@testable import TightAPI

extension FuzzTarget {
    /// What a server sends over HTTP/1.1, after a byte that says how many calls there are and how they end.
    static let http1 = FuzzTarget("http1", longest: 4_096) { input throws(Finding) in
        var input = FuzzInput(input)
        let options = input.byte()
        let calls = 1 + Int(options & 3)
        let end = FuzzedConnection.End.allCases[Int(options >> 2) % 3]
        func exchange(chunk: Int) throws(Finding) -> ([TransportResult], sent: [UInt8]) {
            let connection = try obtain("a connection is made") { try FuzzedConnection(.http1, calls: calls) }
            var rest = input.rest
            while !rest.isEmpty {
                connection.receive(rest.prefix(chunk))
                rest = rest.dropFirst(chunk)
            }
            return (try results(connection.finish(end)), connection.sent)
        }
        let (whole, sent) = try exchange(chunk: .max)
        for (number, result) in whole.enumerated() {
            let count = sent.occurrences(of: FuzzedConnection.token(number))
            try require(count <= 1, "call \(number) was sent \(count) times")
            guard case .failed(let failure) = result, failure.evidence == .neverWritten else { continue }
            try require(count == 0, "call \(number) was sent, and counts as never written")
        }
        // Calls after the first may find the connection gone, or resting, by the time.
        let (cut, _) = try exchange(chunk: 1)
        guard let one = whole.first, let other = cut.first else { return }
        try require(one.form == other.form, "cut into bytes the answer is \(other.form) instead of \(one.form)")
    }

    /// Frames of a server over HTTP/2, after a byte as above.
    ///
    /// Each is a type, flags, a stream, the length of its payload, and the payload. A type of 255 stands for bytes that are
    /// no frame.
    static let http2 = FuzzTarget("http2", longest: 4_096) { input throws(Finding) in
        var input = FuzzInput(input)
        let options = input.byte()
        // Only after some types of frames may a call go back to those that wait.
        var (mayDisclaim, mayBeCut) = (false, true)
        var parts: [[UInt8]] = []
        while !input.isEmpty {
            let (type, flags, stream) = (input.byte(), input.byte(), input.byte())
            mayDisclaim = mayDisclaim || [3, 7, 255].contains(type)
            // Of several frames at once, the first may change what is asked before the next. nghttp2 1.52 counts each
            // part of the head of a CONTINUATION (9) as one of the eight that it takes.
            mayBeCut = mayBeCut && ![9, 255].contains(type)
            let payload = input.part()
            let head = [0, 0, UInt8(payload.count), type, flags, 0, 0, 0, stream]
            parts.append(type == 255 ? payload : head + payload)
        }
        let sent = parts
        func exchange(chunk: Int) throws(Finding) -> ([TransportResult], FuzzedConnection) {
            let connection = try obtain("a connection is made") {
                try FuzzedConnection(.http2, calls: 1 + Int(options & 3))
            }
            for part in sent {
                var rest = part[...]
                while !rest.isEmpty {
                    connection.receive(rest.prefix(chunk))
                    rest = rest.dropFirst(chunk)
                }
            }
            return (try results(connection.finish(.allCases[Int(options >> 2) % 3])), connection)
        }
        let (whole, connection) = try exchange(chunk: .max)
        if mayBeCut {
            let (cut, _) = try exchange(chunk: 1)
            for (number, (one, other)) in zip(whole, cut).enumerated() {
                let (form, cutForm) = (one.answerForm, other.answerForm)
                try require(form == cutForm, "cut into bytes the answer is \(cutForm) instead of \(form)")
                guard case .answered = one else { continue }
                let (outcome, cutOutcome) = try (Self.outcome(of: one, number), Self.outcome(of: other, number))
                try require(outcome == cutOutcome, "cut into bytes it is \(cutOutcome) instead of \(outcome)")
            }
        }
        let unwritten = whole.count { result in
            if case .failed(let failure) = result { failure.evidence == .neverWritten } else { false }
        }
        let heads = connection.sent.headFrames
        try require(
            mayDisclaim || heads + unwritten <= whole.count,
            "\(heads) requests were sent for \(whole.count) calls, of which \(unwritten) count as never written")
        // Three times it may go again.
        try require(heads <= whole.count * 4, "\(heads) requests for \(whole.count) calls")
    }

    /// What a proxy answers to CONNECT.
    static let tunnel = FuzzTarget("tunnel", longest: 1_024) { input throws(Finding) in
        func hindrance(chunk: Int) throws(Finding) -> [TransportFailure.Cause?] {
            let channel = EmbeddedChannel()
            defer { _ = try? channel.finish(acceptAlreadyClosed: true) }
            var found: [TransportFailure.Cause?] = []
            _ = try obtain("the proxy is asked") {
                let target = try Endpoint("https://api.example.com")
                try channel.pipeline.syncOperations.addHandler(
                    ProxyTunnelHandler(to: target, credentials: nil) { found.append($0) })
                var rest = input[...]
                while !rest.isEmpty, found.isEmpty {
                    try channel.writeInbound(ByteBuffer(bytes: rest.prefix(chunk)))
                    rest = rest.dropFirst(chunk)
                }
            }
            return found
        }
        let whole = try hindrance(chunk: .max)
        try require(whole.count <= 1, "the proxy is heard \(whole.count) times")
        let cut = try hindrance(chunk: 1)
        // A tunnel exists as soon as its head ends: what follows is the server's.
        try require(cut == whole || cut == [nil], "cut into bytes the answer is \(cut) instead of \(whole)")
        try require(cut != [nil] || grantsTunnel(input), "a tunnel without an answer that grants it")
        try require(whole != [nil] || input.suffix(4) == Array("\r\n\r\n".utf8), "a tunnel before the head has ended")
    }

    /// Whether an answer begins with `HTTP/1.`, a version, and a status of 200 to 299.
    private static func grantsTunnel(_ answer: [UInt8]) -> Bool {
        let line = String(decoding: answer.prefix(13), as: UTF8.self)
        return line.wholeMatch(of: /HTTP\/1\.. 2[0-9][0-9][ \r]/.dotMatchesNewlines()) != nil
    }

    private static func outcome(of result: TransportResult, _ number: Int) throws(Finding) -> Outcome {
        let token = try obtain("the token is one") { try AccessToken(FuzzedConnection.token(number).utf8) }
        return OutcomeMapping.answer(to: result, for: token, now: .epoch).outcome
    }

    private static func results(_ results: [TransportResult?]) throws(Finding) -> [TransportResult] {
        let ended = results.compactMap(\.self)
        try require(ended.count == results.count, "\(results.count - ended.count) calls have no result")
        for (number, result) in ended.enumerated() {
            guard case .answered(let answer) = result else { continue }
            try require(answer.body.readableBytes <= HTTPAnswer.longestBody, "\(answer.body.readableBytes) bytes")
            try MadeUp.require(FuzzedConnection.token(number), isHiddenIn: outcome(of: result, number), "an outcome")
        }
        return ended
    }
}

extension TransportResult {
    /// As below, but for failures and for what was handed on of a body that did not end.
    ///
    /// Of two faults in one frame, for its stream and for all, the first is only heard of, and makes room for another call,
    /// if the bytes are cut between them. Of a frame that goes on behind the length that was announced, what comes before
    /// that is only handed on if it comes by itself.
    fileprivate var answerForm: String {
        switch self {
        case .failed: "failed"
        case .answered(let answer) where answer.bodyEnd != .complete: answer.head
        case .answered: form
        }
    }

    /// What does not depend on how the bytes of an answer were cut.
    fileprivate var form: String {
        switch self {
        case .failed(let failure): "failed: \(failure.cause), \(failure.evidence)"
        case .answered(let answer):
            answer.head + String(buffer: answer.body)
        }
    }
}

extension HTTPAnswer {
    fileprivate var head: String { "\(status), \(contentType ?? "no type"), \(bodyEnd), \(retryAfter), " }
}

extension [UInt8] {
    fileprivate func occurrences(of text: String) -> Int {
        String(decoding: self, as: UTF8.self).components(separatedBy: text).count - 1
    }

    /// HEADERS frames after the client's preface.
    fileprivate var headFrames: Int {
        var (count, index) = (0, 24)
        while index + 9 <= self.count {
            if self[index + 3] == 1 { count += 1 }
            index += 9 + (Int(self[index]) << 16 | Int(self[index + 1]) << 8 | Int(self[index + 2]))
        }
        return count
    }
}
