import CNghttp2

/// The protocol of one HTTP/2 connection, by libnghttp2: bytes in, bytes out, no I/O of its own.
///
/// Frames, HPACK, flow control, answers to PING and SETTINGS and protocol errors are the library's. It calls the
/// connection back from within `receive` and `send` (`HTTP2Callbacks`). There the connection may open, reset and release
/// streams, because this only queues frames; it must not call `receive` or `send`.
///
/// A stream has a pointer to its call, unretained: nghttp2 does not report the streams of a session that is deleted, so
/// a retained one would leak. The connection keeps the call until the stream is closed, or takes the pointer back.
struct HTTP2Session: ~Copyable {
    /// nghttp2 cannot go on, and the session is of no use any more.
    struct Failure: Error {
        /// As in nghttp2.h.
        let code: Int32
    }

    struct Limits {
        /// What one answer may send before more is granted.
        let streamWindow: Int32
        /// What all answers together may send before more is granted.
        let connectionWindow: Int32
        /// The size of a head, announced but not enforced by nghttp2; RFC 9113 section 6.5.2 says how it is counted.
        let longestHead: UInt32
        /// Answers to PING and SETTINGS that wait to be sent; one more ends the session.
        let mostUnsentAnswers: Int
    }

    // nghttp2's own object. It is used only by this value, which cannot be copied and lives on one event loop.
    private let session: OpaquePointer

    init(_ limits: Limits) throws(Failure) {
        session = try Self.makeSession(limits)
    }

    private static func makeSession(_ limits: Limits) throws(Failure) -> OpaquePointer {
        var option: OpaquePointer?
        var callbacks: OpaquePointer?
        var made: OpaquePointer?
        try check(nghttp2_option_new(&option))
        defer { nghttp2_option_del(option) }
        nghttp2_option_set_max_outbound_ack(option, limits.mostUnsentAnswers)
        try check(nghttp2_session_callbacks_new(&callbacks))
        // The session copies both.
        defer { nghttp2_session_callbacks_del(callbacks) }
        HTTP2Callbacks.set(callbacks)
        try check(nghttp2_session_client_new2(&made, callbacks, nil, option))
        guard let made else { throw Failure(code: NGHTTP2_ERR_NOMEM.rawValue) }
        do {
            try greet(made, limits)
        } catch {
            nghttp2_session_del(made)
            throw error
        }
        return made
    }

    /// Queues what a client has to say first.
    private static func greet(_ session: OpaquePointer, _ limits: Limits) throws(Failure) {
        let settings = [
            (NGHTTP2_SETTINGS_ENABLE_PUSH, 0), (NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, UInt32(limits.streamWindow)),
            (NGHTTP2_SETTINGS_MAX_HEADER_LIST_SIZE, limits.longestHead),
        ].map { nghttp2_settings_entry(settings_id: Int32($0.0.rawValue), value: $0.1) }
        // The array is copied.
        try check(nghttp2_submit_settings(session, noFlags, settings, settings.count))
        try check(nghttp2_session_set_local_window_size(session, noFlags, 0, limits.connectionWindow))
    }

    deinit {
        nghttp2_session_del(session)
    }

    /// Has the callbacks find their connection, which must own the session.
    func report(to connection: HTTP2Connection) {
        // Unretained, or neither would ever be freed. The connection outlives the session, and calls come only from
        // within `receive` and `send`, which are the connection's.
        nghttp2_session_set_user_data(session, Unmanaged.passUnretained(connection).toOpaque())
    }

    // MARK: Streams

    /// Queues a request and says on which stream; nil if no more may be opened.
    ///
    /// The fields are not copied: they must live until `send` has handed the request out, or `reset` has taken it back.
    func open(_ call: OpenCall, _ fields: UnsafeBufferPointer<nghttp2_nv>) -> Int32? {
        // Unretained: see above.
        let pointer = Unmanaged.passUnretained(call).toOpaque()
        let stream =
            if call.request.hasBody {
                withUnsafePointer(to: HTTP2Callbacks.body) {
                    // The provider is copied.
                    nghttp2_submit_request(session, nil, fields.baseAddress, fields.count, $0, pointer)
                }
            } else {
                nghttp2_submit_request(session, nil, fields.baseAddress, fields.count, nil, pointer)
            }
        return stream > 0 ? stream : nil
    }

    /// Takes the pointer to the call back, so that nothing more is reported of the stream and the call may go.
    func release(_ stream: Int32) {
        // An error means that there is no such stream any more.
        nghttp2_session_set_stream_user_data(session, stream, nil)
    }

    /// Ends the stream; a request that was not handed out yet never will be.
    func reset(_ stream: Int32, _ code: nghttp2_error_code) {
        nghttp2_submit_rst_stream(session, Self.noFlags, stream, code.rawValue)
    }

    /// Asks the server for a sign of life.
    func ping(_ number: UInt64) {
        withUnsafeBytes(of: number.bigEndian) {
            // Eight bytes, as PING has them; they are copied.
            _ = nghttp2_submit_ping(session, Self.noFlags, $0.bindMemory(to: UInt8.self).baseAddress)
        }
    }

    /// Whether streams can be opened: neither has the server said GOAWAY nor nghttp2, and there are numbers left.
    var mayOpen: Bool { nghttp2_session_check_request_allowed(session) != 0 }

    /// Whether there is nothing more to read or to write, so that the connection can be closed.
    var isOver: Bool { nghttp2_session_want_read(session) == 0 && nghttp2_session_want_write(session) == 0 }

    // MARK: Bytes

    /// Takes bytes that came.
    ///
    /// Does not throw if the server broke the protocol: then the session is over once `send` has handed out the reason.
    func receive(_ bytes: UnsafeRawBufferPointer) throws(Failure) {
        // It reads the bytes and keeps no pointer to them. The memory is a buffer's, which holds nothing but bytes.
        let taken = nghttp2_session_mem_recv(session, bytes.bindMemory(to: UInt8.self).baseAddress, bytes.count)
        if taken < 0 { throw Failure(code: Int32(taken)) }
    }

    /// Hands out all that is to be sent, frame by frame; the bytes live for the call of `body`.
    func send(_ body: (UnsafeRawBufferPointer) -> Void) throws(Failure) {
        while true {
            var bytes: UnsafePointer<UInt8>?
            let count = nghttp2_session_mem_send(session, &bytes)
            if count < 0 { throw Failure(code: Int32(count)) }
            guard count > 0 else { return }
            // nghttp2's memory, valid until its next function is called.
            body(UnsafeRawBufferPointer(start: bytes, count: count))
        }
    }

    private static let noFlags = UInt8(NGHTTP2_FLAG_NONE.rawValue)

    private static func check(_ code: Int32) throws(Failure) {
        if code != 0 { throw Failure(code: code) }
    }
}
