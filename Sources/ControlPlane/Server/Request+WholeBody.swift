import FoundationEssentials
import Hummingbird
import NIOCore

extension Request {
    /// The body in full; a client that takes too long or sends too much is not waited for.
    func wholeBody(within limits: ControlLimits) async throws -> Data {
        if let announced = headers[.contentLength].flatMap({ Int($0) }), announced > limits.bodyBytes {
            throw RequestProblem.tooLarge(limit: limits.bodyBytes)
        }
        let body = body
        return try await withThrowingTaskGroup(of: Data.self) { group in
            group.addTask {
                do {
                    return Data(try await body.collect(upTo: limits.bodyBytes).readableBytesView)
                } catch is NIOTooManyBytesError {
                    throw RequestProblem.tooLarge(limit: limits.bodyBytes)
                } catch {
                    throw RequestProblem.brokenOff
                }
            }
            group.addTask {
                try await ContinuousClock().sleep(for: limits.readTimeout)
                throw RequestProblem.tooSlow(limit: limits.readTimeout)
            }
            defer { group.cancelAll() }
            return try await group.next() ?? Data()
        }
    }
}
