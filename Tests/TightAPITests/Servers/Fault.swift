/// What a server does once it has read a request, or before.
enum Fault: Sendable {
    /// Writes these bytes and leaves the connection open.
    case write(String)
    /// As `write`, for what is no text.
    case writeBytes([UInt8])
    /// Writes these bytes and closes the connection in good order.
    case writeAndClose(String)
    /// Writes these bytes and resets the connection.
    case writeAndReset(String)
    /// Writes these bytes, and closes the connection when it has been idle for so long.
    case writeAndCloseIdle(String, after: Duration)
    /// Writes these bytes, and others a moment later before it closes the connection.
    case writeTwice(String, String)
    /// Writes these bytes over and over until the connection ends.
    case writeForEver(String)
    /// Reads the request and never says anything.
    case silence
    /// Closes the connection as soon as it is made.
    case closeOnAccept

    /// A well-formed answer with a body of its stated length.
    static func answer(
        _ status: Int,
        _ body: String,
        headers: String = "Content-Type: application/json\r\n"
    ) -> Fault {
        .write("HTTP/1.1 \(status) Text\r\n\(headers)Content-Length: \(body.utf8.count)\r\n\r\n\(body)")
    }

    /// A 200 whose body is compressed.
    static func compressed(_ body: [UInt8], as coding: String) -> Fault {
        let head = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Encoding: \(coding)\r\n"
        return .writeBytes(Array("\(head)Content-Length: \(body.count)\r\n\r\n".utf8) + body)
    }

    static let success = answer(200, #"{"result":"SUCCESS","id":"7"}"#)
}
