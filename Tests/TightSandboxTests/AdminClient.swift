import AsyncHTTPClient
import Foundation
import NIOCore
import NIOHTTP1
import TightSandbox

/// Sends commands to a running sandbox, as curl would.
struct AdminClient {
    static let done = #"200 {"done":true}"#

    let port: Int

    /// The status and the body of the answer, with a space between.
    func send(_ method: HTTPMethod, _ path: String, _ body: String = "") async throws -> String {
        var request = HTTPClientRequest(url: "http://127.0.0.1:\(port)\(path)")
        request.method = method
        if !body.isEmpty { request.body = .bytes(ByteBuffer(string: body)) }
        let answer = try await HTTPClient.shared.execute(request, timeout: .seconds(30))
        return "\(answer.status.code) " + String(buffer: try await answer.body.collect(upTo: 10_000_000))
    }

    func log(_ path: String) async throws -> CallLog {
        try JSONDecoder().decode(CallLog.self, from: Data(try await send(.GET, path).utf8.dropFirst(4)))
    }
}
