import NIOCore
import RefreshCore

/// A call on its way, from its arrival at the event loop to its one outcome.
final class OpenCall {
    /// How often a call may go to another connection because one did nothing with it.
    private static let mostHandOvers = 3
    /// Informational heads that are waited out; no server has so much to announce.
    private static let mostInformational = 32

    let request: PreparedCall
    /// When the answer has to be there.
    let deadline: NIODeadline
    /// When it stops waiting for a connection, a first or another one.
    let patience: NIODeadline
    /// Whether it stops waiting because it would be too late to begin.
    private let waitsToBegin: Bool
    /// When it was handed to a connection.
    var sentAt: NIODeadline?
    /// Whether a byte of it may have been sent; from then on it is unknown whether it was processed.
    var isWritten = false
    /// Whether its last byte was written.
    var isWhole = false
    /// Its stream, and its place in the list of its HTTP/2 connection.
    var stream: Int32 = 0
    var slot = 0
    private var bodyRead = 0
    /// Whether a head has begun to come, which may be no head of an answer.
    var isHeard = false
    /// Whether the last byte of the answer has come.
    var isAnswered = false
    /// How many calls were on its HTTP/2 connection when it was sent, itself counted.
    var rank = 0
    /// Whether the server has come to allow fewer streams than there were when it was sent.
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

    /// Whether it may not be begun any more.
    var isLate: Bool { request.beginBy.map { $0 <= BootClock.now } ?? false }

    /// Ends a call that waited in vain; `hindrance` is why there was no connection.
    func giveUpWaiting(_ now: NIODeadline, _ hindrance: TransportFailure.Cause) {
        fail(waitsToBegin || isLate ? .late : deadline <= now ? .timeout : hindrance)
    }

    /// Counts the head of an informational answer, which another one follows; false once there are too many.
    func awaitsMore() -> Bool {
        informational += 1
        return informational <= Self.mostInformational
    }

    /// Copies what follows of the request's body, as much as there is room for, and says whether that was the last of it.
    func readBody(into memory: UnsafeMutableBufferPointer<UInt8>) -> (count: Int, isEnd: Bool) {
        request.withBody { body in
            let part = body[bodyRead..<min(body.count, bodyRead + memory.count)]
            _ = memory.update(fromContentsOf: part)
            bodyRead += part.count
            return (part.count, bodyRead == body.count)
        }
    }

    /// Ends the call with the answer that has come.
    func succeed() {
        guard var answer else { return fail(.notHTTP) }
        answer.decode()
        end(.answered(answer))
    }

    /// Ends the call with the received part of an answer, or with nothing; `connection` is the lost one, if that is the
    /// cause.
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

    /// Resets a call that was certainly not processed to one that was never sent.
    ///
    /// False, and no change, if that was done often enough, its time is up or an answer has begun.
    func takeBack(_ now: NIODeadline) -> Bool {
        guard handOvers < Self.mostHandOvers, now < patience, answer == nil, !isOver else { return false }
        handOvers += 1
        sentAt = nil
        isWritten = false
        isWhole = false
        bodyRead = 0
        isHeard = false
        isExcess = false
        return true
    }

    /// Ends a call that was certainly not processed, by this evidence.
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
