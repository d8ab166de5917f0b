import NIOCore

/// Calls that wait for a connection, oldest first.
struct WaitingCalls {
    private var calls = CircularBuffer<OpenCall>()

    var count: Int { calls.count }
    var isEmpty: Bool { calls.isEmpty }

    mutating func append(_ call: OpenCall) {
        calls.append(call)
    }

    mutating func prepend(_ call: OpenCall) {
        calls.prepend(call)
    }

    mutating func popFirst() -> OpenCall? {
        calls.popFirst()
    }

    /// Takes the call out, if it is here.
    mutating func remove(_ id: UInt64) -> OpenCall? {
        calls.firstIndex { $0.request.id == id }.map { calls.remove(at: $0) }
    }

    /// Fails the calls whose time is up and says when the next one's is.
    mutating func expire(_ now: NIODeadline, cause: TransportFailure.Cause) -> NIODeadline {
        var next = NIODeadline.distantFuture
        calls.removeAll { call in
            guard call.patience > now else {
                call.fail(call.deadline <= now ? .timeout : cause)
                return true
            }
            next = min(next, call.patience)
            return false
        }
        return next
    }
}
