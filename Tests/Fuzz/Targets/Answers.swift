import Foundation
import NIOCore
import RefreshCore
@testable import TightAPI

/// An answer as an input describes it: a line with the status and how the body ended (`200`, `200 cut`), lines
/// `name: value` of its head, an empty line, and the body.
struct FuzzedAnswer {
    let answer: HTTPAnswer

    init(_ input: [UInt8]) {
        var input = FuzzInput(input)
        let words = input.lineText().split(separator: " ")
        var answer = HTTPAnswer(status: words.first.flatMap { Int($0) } ?? 200)
        while !input.isEmpty {
            let line = input.lineText()
            if line.isEmpty { break }
            let parts = line.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
            answer.note(String(parts[0]), parts.count > 1 ? String(parts[1].drop { $0 == " " }) : "")
        }
        answer.append(ByteBuffer(bytes: input.rest))
        if answer.bodyEnd == .complete, words.count > 1 {
            switch words[1] {
            case "cut": answer.bodyEnd = .cut(.connectionLost)
            case "late": answer.bodyEnd = .cut(.timeout)
            case "cancelled": answer.bodyEnd = .cut(.cancelled)
            default: break
            }
        }
        answer.decode()
        self.answer = answer
    }
}

extension FuzzTarget {
    private static let now = Timestamp(secondsSinceEpoch: 1_767_225_600)

    /// Answers to a refresh: each becomes one outcome, which shows no token, and quick and thorough reading agree.
    static let answers = FuzzTarget("answers", longest: 4_096) { input throws(Finding) in
        let answer = FuzzedAnswer(input).answer
        try require(answer.body.readableBytes <= HTTPAnswer.longestBody, "\(answer.body.readableBytes) bytes are kept")
        let token = try obtain("the token is one") { try AccessToken(MadeUp.token.utf8) }
        let mapped = OutcomeMapping.answer(to: .answered(answer), for: token, now: now)
        let again = OutcomeMapping.answer(to: .answered(answer), for: token, now: now)
        try require(mapped.outcome == again.outcome, "one answer, two outcomes: \(mapped.outcome), \(again.outcome)")
        try MadeUp.require(MadeUp.token, isHiddenIn: mapped.outcome, "an outcome")
        for text in [mapped.outcome.reason, mapped.outcome.briefReason].compactMap(\.self) {
            try require(text.isPlainLine && !text.contains(MadeUp.token), "no text for a log: \(text)")
        }
        if case .rejected(let messages) = mapped.outcome {
            try require(messages.count <= FailureMessages.most, "\(messages.count) messages")
            try require(
                messages.allSatisfy { !$0.isEmpty && $0.utf8.count <= FailureMessages.mostBytes + 3 },
                "a message is empty or endless: \(messages)")
        }
        if mapped.outcome == .refreshed {
            try require((200..<300).contains(answer.status), "refreshed by status \(answer.status)")
        }
        try checkScan(answer.body)
    }

    private static func checkScan(_ body: ByteBuffer) throws(Finding) {
        let found = ResponseScan.result(in: body.readableBytesUInt8Span)
        guard found != .undecided else { return }
        guard let document = AnswerDocument(json: body.readableBytesView) else {
            throw Finding(description: "the quick look says \(found) of what is no JSON")
        }
        try require(
            document.result == (found == .repeated ? .unknown : .success),
            "the quick look says \(found), the thorough one \(document.result)")
    }

    /// Answers to a renewal: tokens are taken as a general decoder reads them, and no secret of the request is shown.
    static let renewals = FuzzTarget("renewals", longest: 4_096) { input throws(Finding) in
        let answer = FuzzedAnswer(input).answer
        let token = try obtain("the token is one") { try AccessToken(MadeUp.refreshToken.utf8) }
        let secret = Secret(MadeUp.clientSecret.utf8)
        let request = RenewalRequest(
            .refreshToken(token), credentials: ClientCredentials(id: "made-up", secret: secret))
        let mapped = RenewalMapping.answer(to: .answered(answer), for: request, now: now)
        for secret in [MadeUp.refreshToken, MadeUp.clientSecret, "fuzz+secret%2Fmade-up%260003"] {
            try MadeUp.require(secret, isHiddenIn: mapped, "an answer")
        }
        switch mapped {
        case .renewed(let pair):
            try require((200..<300).contains(answer.status), "renewed by status \(answer.status)")
            try require(pair.expiresAt.map { $0 > pair.issuedAt } ?? true, "expires before it is issued")
            try checkTokens(pair, answer.body)
        case .refused(let reason): try require(reason?.isPlainLine ?? true, "no text for a log: \(reason ?? "")")
        case .failed(let outcome):
            let text = outcome.reason ?? ""
            try require(text.isPlainLine, "no text for a log: \(text)")
            try require(outcome != .refreshed, "a renewal refreshes nobody")
        }
        try checkWalk(answer.body)
    }

    /// As Foundation finds them in the same bytes.
    private static func checkTokens(_ pair: TokenPair, _ body: ByteBuffer) throws(Finding) {
        struct Tokens: Decodable {
            let access_token: String
            let refresh_token: String?
        }
        let tokens: Tokens
        do { tokens = try JSONDecoder().decode(Tokens.self, from: Data(body.readableBytesView)) } catch {
            // The grammar has half a surrogate pair in a text that nobody asks for; Foundation has none.
            let hasSurrogate = String(buffer: body).lowercased().contains("\\ud")
            return try require(hasSurrogate, "what gave tokens is no JSON: \(error)")
        }
        func text(_ token: AccessToken?) -> String {
            token?.secret.withBytes { String(decoding: $0, as: UTF8.self) } ?? ""
        }
        try require(text(pair.access) == tokens.access_token, "another token than the answer has")
        try require(text(pair.refresh) == tokens.refresh_token ?? "", "another refresh token than the answer has")
    }

    private static func checkWalk(_ body: ByteBuffer) throws(Finding) {
        struct Error: Decodable { let error: String? }
        let bytes = body.readableBytesUInt8Span
        guard let fields = TokenAnswer(bytes) else { return }
        try require(AnswerDocument(json: body.readableBytesView) != nil, "taken for JSON, which it is not")
        // Of a key that is there twice each takes another one.
        guard !fields.repeated.contains(.error), let text = fields.text(.error, in: bytes) else { return }
        let decoded = try? JSONDecoder().decode(Error.self, from: Data(body.readableBytesView))
        try require(decoded == nil || decoded?.error == text, "error is \(text), and \(decoded?.error ?? "none")")
    }
}
