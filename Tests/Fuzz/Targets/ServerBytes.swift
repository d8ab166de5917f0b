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
        let connection = try obtain("a connection is made") {
            try FuzzedConnection(.http2, calls: 1 + Int(options & 3))
        }
        // Only after these may a call go back to those that wait.
        var mayDisclaim = false
        while !input.isEmpty {
            let (type, flags, stream) = (input.byte(), input.byte(), input.byte())
            mayDisclaim = mayDisclaim || [3, 7, 255].contains(type)
            let payload = input.part()
            let head = [0, 0, UInt8(payload.count), type, flags, 0, 0, 0, stream]
            connection.receive(type == 255 ? payload : head + payload)
        }
        let results = try results(connection.finish(.allCases[Int(options >> 2) % 3]))
        let unwritten = results.count { result in
            if case .failed(let failure) = result { failure.evidence == .neverWritten } else { false }
        }
        let heads = connection.sent.headFrames
        try require(
            mayDisclaim || heads + unwritten <= results.count,
            "\(heads) requests were sent for \(results.count) calls, of which \(unwritten) count as never written")
        // Three times it may go again.
        try require(heads <= results.count * 4, "\(heads) requests for \(results.count) calls")
    }

    /// What a proxy answers to CONNECT.
    static let tunnel = FuzzTarget("tunnel", longest: 1_024) { input throws(Finding) in
        func hindrance(chunk: Int) throws(Finding) -> [TransportFailure.Cause?] {
            let channel = EmbeddedChannel()
            defer { _ = try? channel.finish(acceptAlreadyClosed: true) }
            var found: [TransportFailure.Cause?] = []
            _ = try obtain("the proxy is asked") {
                let target = try Endpoint("https://api.example.com").target
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
        // A tunnel exists as soon as its head ends: cut there, what follows is the server's.
        if whole != [.proxyRefused(.notAProxy(status: 200))] {
            _ = try hindrance(chunk: 1)
        }
        let isTunnel = whole == [nil]
        try require(!isTunnel || input.starts(with: Array("HTTP/1.".utf8)), "a tunnel without an answer in HTTP")
    }

    private static func results(_ results: [TransportResult?]) throws(Finding) -> [TransportResult] {
        let ended = results.compactMap(\.self)
        try require(ended.count == results.count, "\(results.count - ended.count) calls have no result")
        for (number, result) in ended.enumerated() {
            guard case .answered(let answer) = result else { continue }
            try require(answer.body.readableBytes <= HTTPAnswer.longestBody, "\(answer.body.readableBytes) bytes")
            let token = try obtain("the token is one") { try AccessToken(FuzzedConnection.token(number).utf8) }
            let outcome = OutcomeMapping.answer(to: result, for: token, now: .epoch).outcome
            try MadeUp.require(FuzzedConnection.token(number), isHiddenIn: outcome, "an outcome")
        }
        return ended
    }
}

extension TransportResult {
    /// What does not depend on how the bytes of an answer were cut.
    fileprivate var form: String {
        switch self {
        case .failed(let failure): "failed: \(failure.cause), \(failure.evidence)"
        case .answered(let answer):
            "\(answer.status), \(answer.contentType ?? "no type"), \(answer.bodyEnd), \(answer.retryAfter), "
                + String(buffer: answer.body)
        }
    }
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
