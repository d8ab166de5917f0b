import NIOCore
import RefreshCore

/// A call in progress, from its arrival at the event loop to its one outcome.
final class OpenCall {
    /// How often a call may move to another connection because one did not process it.
    private static let mostHandOvers = 3
    /// The most informational heads that are skipped; no server has more to announce.
    private static let mostInformational = 32

    let request: PreparedCall
    /// When the answer must be complete.
    let deadline: NIODeadline
    /// When it stops waiting for a connection, whether its first or a later one.
    let patience: NIODeadline
    /// Whether it stops waiting because it would be too late to begin.
    private let waitsToBegin: Bool
    /// When it was handed to a connection.
    var sentAt: NIODeadline?
    /// Whether any byte of it may have been sent; from then on, it is unknown whether it was processed.
    var isWritten = false
    /// Whether its last byte was written.
    var isWhole = false
    /// Its stream, and its index in the call list of its HTTP/2 connection.
    var stream: Int32 = 0
    var slot = 0
    private var bodyRead = 0
    /// Whether a head has begun to arrive, which may turn out not to be an answer's.
    var isHeard = false
    /// Whether the last byte of the answer has arrived.
    var isAnswered = false
    /// How many calls were on its HTTP/2 connection when it was sent, including itself.
    var rank = 0
    /// Whether the server has since lowered its stream limit below this call's rank.
    var isExcess = false
    /// The head of the answer and the received part of its body.
    var answer: HTTPAnswer?
    private(set) var isOver = false
    private var handOvers = 0
    private var informational = 0

    init(_ request: PreparedCall, arrivedAt now: NIODeadline, patience: TimeAmount) {
        self.request = request
        deadline = now + request.timeout
        let patience = min(deadline, now + patience)
        let latest = request.beginBy.map { now + TimeAmount(max(.zero, $0 - BootClock.now)) }
        self.patience = min(patience, latest ?? patience)
        waitsToBegin = latest.map { $0 < patience } ?? false
    }

    /// Whether it is too late to begin.
    var isLate: Bool { request.beginBy.map { $0 <= BootClock.now } ?? false }

    /// Ends a call that waited in vain; `hindrance` is why there was no connection.
    func giveUpWaiting(_ now: NIODeadline, _ hindrance: TransportFailure.Cause) {
        fail(waitsToBegin || isLate ? .late : deadline <= now ? .timeout : hindrance)
    }

    /// Counts an informational head, which another head follows; false if there were too many.
    func awaitsMore() -> Bool {
        informational += 1
        return informational <= Self.mostInformational
    }

    /// Copies the next part of the request's body, as much as fits, and says whether it was the last.
    func readBody(into memory: UnsafeMutableBufferPointer<UInt8>) -> (count: Int, isEnd: Bool) {
        request.body.withBytes { body in
            let part = body[bodyRead..<min(body.count, bodyRead + memory.count)]
            _ = memory.update(fromContentsOf: part)
            bodyRead += part.count
            return (part.count, bodyRead == body.count)
        }
    }

    /// Ends the call with the answer that has arrived.
    func succeed() {
        guard var answer else { return fail(.notHTTP) }
        answer.decode()
        end(.answered(answer))
    }

    /// Ends the call with what arrived of its answer, if anything; `connection` is the lost one, if that is the cause.
    func fail(_ cause: TransportFailure.Cause, lost connection: UInt64? = nil) {
        if var answer {
            if answer.bodyEnd == .complete {
                answer.bodyEnd = .cut(cause)
                answer.lostConnection = connection
            }
            end(.answered(answer))
        } else {
            end(.failed(TransportFailure(cause: cause, evidence: evidence(for: cause), lostConnection: connection)))
        }
    }

    private func evidence(for cause: TransportFailure.Cause) -> Evidence {
        switch cause {
        case .notHTTP, .headTooLarge: .answered
        case .clientCertificateRequired, .handshakeRefused: isWritten ? .disclaimed(.handshakeAlert) : .neverWritten
        default: isWritten ? .unknown : .neverWritten
        }
    }

    /// Resets a call that was certainly not processed to its state before it was sent.
    ///
    /// Returns false, and changes nothing, if it was reset too often, its time is up or an answer has begun.
    func takeBack(_ now: NIODeadline) -> Bool {
        guard handOvers < Self.mostHandOvers, now < patience, answer == nil, !isOver else { return false }
        handOvers += 1
        stream = 0
        sentAt = nil
        isWritten = false
        isWhole = false
        bodyRead = 0
        isHeard = false
        isExcess = false
        return true
    }

    /// Ends a call that was certainly not processed, with this evidence.
    func failUnprocessed(_ evidence: Evidence, _ cause: TransportFailure.Cause = .notConnected) {
        guard answer == nil else { return fail(.connectionLost) }
        end(.failed(TransportFailure(cause: cause, evidence: evidence)))
    }

    private func end(_ result: TransportResult) {
        guard !isOver else { return }
        isOver = true
        request.caller.resume(returning: result)
    }
}
