import FoundationEssentials
import Hummingbird
import HummingbirdCore
import NIOCore

extension Request {
    /// The body in full, unless it is too large or comes too slowly.
    ///
    /// A client that sends nothing at all is left to the idle timeout of the connection.
    func wholeBody(within limits: ControlLimits) async throws -> Data {
        if let announced = headers[.contentLength].flatMap({ Int($0) }), announced > limits.bodyBytes {
            throw RequestProblem.tooLarge(limit: limits.bodyBytes)
        }
        let deadline = ContinuousClock.now.advanced(by: limits.readTimeout)
        var whole = Data()
        do {
            for try await part in body {
                guard whole.count + part.readableBytes <= limits.bodyBytes else {
                    throw RequestProblem.tooLarge(limit: limits.bodyBytes)
                }
                part.withUnsafeReadableBytes { whole.append(contentsOf: $0) }
                guard ContinuousClock.now < deadline else {
                    throw RequestProblem.tooSlow(limit: limits.readTimeout)
                }
            }
        } catch let problem as RequestProblem {
            throw problem
        } catch {
            throw RequestProblem.brokenOff
        }
        return whole
    }
}
