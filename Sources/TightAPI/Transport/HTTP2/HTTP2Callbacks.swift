import CNghttp2
import NIOCore

/// The callbacks of nghttp2, which pass each event to the connection.
///
/// nghttp2 calls them only from within `HTTP2Session.receive` and `send`. Source: nghttp2.h, and the order in which
/// nghttp2 1.52 calls.
enum HTTP2Callbacks {
    static func set(_ callbacks: OpaquePointer?) {
        nghttp2_session_callbacks_set_on_begin_headers_callback(callbacks) { session, frame, owner in
            guard let stream = frame?.pointee.hd.stream_id else { return 0 }
            let found = call(session, stream)
            return connection(owner) {
                $0.headBegan(found)
                return 0
            }
        }
        nghttp2_session_callbacks_set_on_header_callback(callbacks) {
            _, _, name, nameCount, value, valueCount, _, owner in
            connection(owner) {
                // nghttp2's memory, valid during this call.
                let name = UnsafeBufferPointer(start: name, count: nameCount)
                return $0.headField(name, UnsafeBufferPointer(start: value, count: valueCount)) ? 0 : endsStream
            }
        }
        // For fields with illegal characters: without a callback the stream would end; with it, the field is left out.
        nghttp2_session_callbacks_set_on_invalid_header_callback(callbacks) { _, _, _, name, _, value, _, owner in
            connection(owner) { $0.headFieldLeftOut(size: name + value) ? 0 : endsStream }
        }
        nghttp2_session_callbacks_set_on_data_chunk_recv_callback(callbacks) {
            session, _, stream, bytes, count, owner in
            guard let found = call(session, stream) else { return 0 }
            return connection(owner) {
                // The memory that was passed to `receive`.
                $0.bodyCame(UnsafeRawBufferPointer(start: bytes, count: count), of: found)
                return 0
            }
        }
        nghttp2_session_callbacks_set_on_frame_recv_callback(callbacks) { session, frame, owner in
            guard let frame else { return 0 }
            return connection(owner) { HTTP2Callbacks.received(frame, session, $0) ? 0 : isFatal }
        }
        // Called when the frame's bytes were handed out and the next ones are requested.
        nghttp2_session_callbacks_set_on_frame_send_callback(callbacks) { session, frame, _ in
            guard let head = frame?.pointee.hd else { return 0 }
            switch nghttp2_frame_type(UInt32(head.type)) {
            case NGHTTP2_HEADERS, NGHTTP2_DATA:
                guard let found = call(session, head.stream_id) else { break }
                found.isWritten = true
                found.isWhole = head.endsStream
            default: break
            }
            return 0
        }
        nghttp2_session_callbacks_set_on_stream_close_callback(callbacks) { session, stream, _, owner in
            // The code proves nothing: nghttp2 itself gives REFUSED_STREAM for all streams that a GOAWAY excludes.
            guard let found = call(session, stream) else { return 0 }
            return connection(owner) {
                $0.streamClosed(found)
                return 0
            }
        }
    }

    /// Reads the request body of a stream, in parts as large as the server accepts.
    static var body: nghttp2_data_provider {
        var provider = nghttp2_data_provider()
        provider.read_callback = { session, stream, memory, room, flags, _, _ in
            guard let found = call(session, stream), let memory, let flags else {
                return Int(NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE.rawValue)
            }
            // nghttp2's memory, of the size that it says.
            let (count, isEnd) = found.readBody(into: UnsafeMutableBufferPointer(start: memory, count: room))
            if isEnd { flags.pointee |= NGHTTP2_DATA_FLAG_EOF.rawValue }
            return count
        }
        return provider
    }

    /// Passes on a complete frame; false if it is one too many.
    private static func received(
        _ frame: UnsafePointer<nghttp2_frame>,
        _ session: OpaquePointer?,
        _ connection: HTTP2Connection
    ) -> Bool {
        // A frame is a union; only the member of its type is read.
        let head = frame.pointee.hd
        switch nghttp2_frame_type(UInt32(head.type)) {
        case NGHTTP2_DATA:
            let isEmpty = head.length == frame.pointee.data.padlen && !head.endsStream
            guard connection.floods.admitsContent(isEmpty: isEmpty) else { return false }
            if head.endsStream, let found = call(session, head.stream_id) { connection.answerEnded(found) }
            return true
        case NGHTTP2_HEADERS:
            connection.headEnded(isAnswer: head.endsStream)
            return connection.floods.admitsContent(isEmpty: false)
        case NGHTTP2_RST_STREAM:
            if let found = call(session, head.stream_id) {
                connection.streamReset(found, frame.pointee.rst_stream.error_code)
            }
            return connection.floods.admitsReset(.now())
        case NGHTTP2_GOAWAY:
            connection.goAwayCame(after: frame.pointee.goaway.last_stream_id, frame.pointee.goaway.error_code)
            return true
        case NGHTTP2_SETTINGS:
            if head.flags & UInt8(NGHTTP2_FLAG_ACK.rawValue) == 0 {
                // The frame has this many entries; the pointer is nil if there are none.
                let entries = UnsafeBufferPointer(start: frame.pointee.settings.iv, count: frame.pointee.settings.niv)
                let most = entries.last { $0.settings_id == Int32(NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS.rawValue) }
                connection.settingsCame(maximumStreams: most.map { Int($0.value) })
            }
            return connection.floods.admitsControl(.now())
        case NGHTTP2_PING, NGHTTP2_PRIORITY: return connection.floods.admitsControl(.now())
        default: return true
        }
    }
}

// C can call only functions that capture nothing, not even a type.

private let isFatal = NGHTTP2_ERR_CALLBACK_FAILURE.rawValue
/// Resets the stream; the rest of the head is decoded only to update the compression table.
private let endsStream = NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE.rawValue

/// The call of a stream; nil if it no longer has one.
@inline(__always)
private func call(_ session: OpaquePointer?, _ stream: Int32) -> OpenCall? {
    // The connection keeps the calls of its streams, and clears the pointer before it lets one go.
    nghttp2_session_get_stream_user_data(session, stream).map {
        Unmanaged<OpenCall>.fromOpaque($0).takeUnretainedValue()
    }
}

/// Lends the connection that `report(to:)` named; without one, the session cannot go on.
@inline(__always)
private func connection(_ owner: UnsafeMutableRawPointer?, _ body: (HTTP2Connection) -> Int32) -> Int32 {
    guard let owner else { return isFatal }
    // The connection is executing its `receive` or `send`, so it lives during this call.
    return Unmanaged<HTTP2Connection>.fromOpaque(owner)._withUnsafeGuaranteedRef(body)
}

extension nghttp2_frame_hd {
    fileprivate var endsStream: Bool { flags & UInt8(NGHTTP2_FLAG_END_STREAM.rawValue) != 0 }
}
