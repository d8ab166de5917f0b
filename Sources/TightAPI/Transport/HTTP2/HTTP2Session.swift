import CNghttp2
import RefreshCore

/// The protocol of one HTTP/2 connection, by libnghttp2: bytes in, bytes out, no I/O of its own.
///
/// The library handles frames, HPACK, flow control, replies to PING and SETTINGS, and protocol errors. It calls the
/// connection back from within `receive` and `send` (`HTTP2Callbacks`). There, the connection may open, reset and
/// release streams, because this only queues frames; it must not call `receive` or `send`.
///
/// A stream has an unretained pointer to its call: nghttp2 does not report the streams of a deleted session, so a
/// retained one would leak. The connection keeps the call until the stream is closed, or clears the pointer.
struct HTTP2Session: ~Copyable {
    /// nghttp2 cannot go on, and the session is unusable.
    struct Failure: Error {}

    /// How many bytes one answer may send before more are granted: enough for any answer that is read.
    private static let streamWindow = UInt32(2 * HTTPAnswer.longestBody)
    /// How many bytes all answers together may send before more are granted.
    private static let connectionWindow: Int32 = 16 * 1_048_576

    // nghttp2's own object. Only this value uses it, which cannot be copied and lives on one event loop.
    private let session: OpaquePointer

    init() throws(Failure) {
        session = try Self.makeSession()
    }

    private static func makeSession() throws(Failure) -> OpaquePointer {
        var option: OpaquePointer?
        var callbacks: OpaquePointer?
        var made: OpaquePointer?
        try check(nghttp2_option_new(&option))
        defer { nghttp2_option_del(option) }
        // One more unsent reply to PING or SETTINGS ends the session.
        nghttp2_option_set_max_outbound_ack(option, FloodGuard.mostPerSecond)
        try check(nghttp2_session_callbacks_new(&callbacks))
        // The session copies both.
        defer { nghttp2_session_callbacks_del(callbacks) }
        HTTP2Callbacks.set(callbacks)
        try check(nghttp2_session_client_new2(&made, callbacks, nil, option))
        guard let made else { throw Failure() }
        do {
            try greet(made)
        } catch {
            nghttp2_session_del(made)
            throw error
        }
        return made
    }

    /// Queues the client's opening frames.
    private static func greet(_ session: OpaquePointer) throws(Failure) {
        let settings = [
            (NGHTTP2_SETTINGS_ENABLE_PUSH, 0), (NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, streamWindow),
            // Announced but not enforced by nghttp2; RFC 9113 section 6.5.2 says how it is counted.
            (NGHTTP2_SETTINGS_MAX_HEADER_LIST_SIZE, UInt32(HTTPAnswer.longestHead)),
        ].map { nghttp2_settings_entry(settings_id: Int32($0.0.rawValue), value: $0.1) }
        // The array is copied.
        try check(nghttp2_submit_settings(session, noFlags, settings, settings.count))
        try check(nghttp2_session_set_local_window_size(session, noFlags, 0, connectionWindow))
    }

    deinit {
        nghttp2_session_del(session)
    }

    /// Tells the callbacks their connection, which must own the session.
    func report(to connection: HTTP2Connection) {
        // Unretained, or neither would ever be freed. The connection outlives the session, and callbacks come only from
        // within `receive` and `send`, which the connection calls.
        nghttp2_session_set_user_data(session, Unmanaged.passUnretained(connection).toOpaque())
    }

    // MARK: Streams

    /// Queues a request and returns its stream; nil if no more streams can be opened.
    ///
    /// The fields are not copied: they must live until `send` has handed out the request or `reset` has withdrawn it.
    func open(_ call: OpenCall, _ fields: UnsafeBufferPointer<nghttp2_nv>) -> Int32? {
        // Unretained: see above.
        let pointer = Unmanaged.passUnretained(call).toOpaque()
        let stream =
            if call.request.body.count > 0 {
                withUnsafePointer(to: HTTP2Callbacks.body) {
                    // The provider is copied.
                    nghttp2_submit_request(session, nil, fields.baseAddress, fields.count, $0, pointer)
                }
            } else {
                nghttp2_submit_request(session, nil, fields.baseAddress, fields.count, nil, pointer)
            }
        return stream > 0 ? stream : nil
    }

    /// Clears the stream's pointer to its call: nothing more is reported for the stream, and the call may be released.
    func release(_ stream: Int32) {
        // An error means that the stream no longer exists.
        nghttp2_session_set_stream_user_data(session, stream, nil)
    }

    /// Ends the stream; a request that has not been handed out never will be.
    func reset(_ stream: Int32, _ code: nghttp2_error_code) {
        nghttp2_submit_rst_stream(session, Self.noFlags, stream, code.rawValue)
    }

    /// Asks the server for a sign of life.
    func ping(_ number: UInt64) {
        withUnsafeBytes(of: number.bigEndian) {
            // PING carries eight bytes, which are copied.
            _ = nghttp2_submit_ping(session, Self.noFlags, $0.bindMemory(to: UInt8.self).baseAddress)
        }
    }

    /// Whether streams can be opened: neither side has sent GOAWAY, and stream numbers are left.
    var mayOpen: Bool { nghttp2_session_check_request_allowed(session) != 0 }

    /// Whether there is nothing more to read or write, so that the connection can be closed.
    var isOver: Bool { nghttp2_session_want_read(session) == 0 && nghttp2_session_want_write(session) == 0 }

    // MARK: Bytes

    /// Processes received bytes.
    ///
    /// Does not throw if the server broke the protocol; in that case, the session is over once `send` has handed out
    /// the reason.
    func receive(_ bytes: UnsafeRawBufferPointer) throws(Failure) {
        // nghttp2 reads the bytes and keeps no pointer to them. The memory belongs to a buffer that holds nothing but
        // bytes.
        let taken = nghttp2_session_mem_recv(session, bytes.bindMemory(to: UInt8.self).baseAddress, bytes.count)
        if taken < 0 { throw Failure() }
    }

    /// Hands out all pending bytes, frame by frame; the bytes are valid during the call of `body`.
    func send(_ body: (UnsafeRawBufferPointer) -> Void) throws(Failure) {
        while true {
            var bytes: UnsafePointer<UInt8>?
            let count = nghttp2_session_mem_send(session, &bytes)
            if count < 0 { throw Failure() }
            guard count > 0 else { return }
            // nghttp2's memory, valid until its next function is called.
            body(UnsafeRawBufferPointer(start: bytes, count: count))
        }
    }

    private static let noFlags = UInt8(NGHTTP2_FLAG_NONE.rawValue)

    private static func check(_ code: Int32) throws(Failure) {
        if code != 0 { throw Failure() }
    }
}
