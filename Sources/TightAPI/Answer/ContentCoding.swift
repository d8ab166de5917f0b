import CZlib
import NIOCore
import RefreshCore

/// Decompresses an answer that a server or gateway compressed despite the request.
///
/// Source: RFC 9110 section 8.4.1, RFC 1950, 1951 and 1952.
enum ContentCoding: Equatable {
    case gzip, deflate

    /// Parses the value of `Content-Encoding`; nil if the body is not encoded.
    init?(field: String) throws(Malformation.Reason) {
        let names = field.lowercased().split { $0 == "," || $0 == " " || $0 == "\t" }.filter { $0 != "identity" }
        guard let name = names.first else { return nil }
        guard names.count == 1 else { throw .severalCodings }
        switch name {
        case "gzip", "x-gzip": self = .gzip
        case "deflate": self = .deflate
        // Never requested, such as br or zstd.
        default: throw .unknownCoding
        }
    }

    /// The decompressed body, at most `most` bytes long.
    func decoded(_ body: ByteBuffer, most: Int) throws(Malformation.Reason) -> ByteBuffer {
        switch self {
        case .gzip: return try Self.inflate(body, window: Window.gzip, most: most)
        case .deflate:
            // The standard requires a header; some servers leave it out, and only trying tells.
            guard Self.hasHeader(body) else { return try Self.inflate(body, window: Window.raw, most: most) }
            do {
                return try Self.inflate(body, window: Window.zlib, most: most)
            } catch .damagedCoding {
                return try Self.inflate(body, window: Window.raw, most: most)
            }
        }
    }

    /// The window sizes of `inflateInit2`, all 32 KiB, with the flags for the container format.
    private enum Window {
        static let zlib: Int32 = 15
        static let gzip: Int32 = 15 + 16
        static let raw: Int32 = -15
    }

    /// Whether the data may begin with the header of RFC 1950 section 2.2.
    private static func hasHeader(_ body: ByteBuffer) -> Bool {
        guard let (method, flags) = body.peekMultipleIntegers(as: (UInt8, UInt8).self) else { return false }
        return method & 0x0F == 8 && (Int(method) << 8 | Int(flags)).isMultiple(of: 31)
    }

    private static func inflate(_ body: ByteBuffer, window: Int32, most: Int) throws(Malformation.Reason) -> ByteBuffer
    {
        var output = ByteBuffer()
        // It must not move, as zlib remembers its address.
        var stream = z_stream()
        let problem: Malformation.Reason? = withUnsafeMutablePointer(to: &stream) { stream in
            guard inflateInit2_(stream, window, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size)) == Z_OK else {
                return .damagedCoding
            }
            defer { inflateEnd(stream) }
            return body.withUnsafeReadableBytes { input in
                stream.pointee.next_in = UnsafeMutablePointer(
                    mutating: input.bindMemory(to: UInt8.self).baseAddress
                )
                stream.pointee.avail_in = UInt32(input.count)
                return inflate(stream, into: &output, isGzip: window == Window.gzip, most: most)
            }
        }
        if let problem { throw problem }
        return output
    }

    private static func inflate(
        _ stream: UnsafeMutablePointer<z_stream>,
        into output: inout ByteBuffer,
        isGzip: Bool,
        most: Int
    ) -> Malformation.Reason? {
        while true {
            let room = most + 1 - output.readableBytes
            var status = Z_OK
            output.writeWithUnsafeMutableBytes(minimumWritableBytes: min(room, 8_192)) { free in
                let size = min(free.count, room)
                stream.pointee.next_out = free.bindMemory(to: UInt8.self).baseAddress
                stream.pointee.avail_out = UInt32(size)
                status = CZlib.inflate(stream, Z_NO_FLUSH)
                return size - Int(stream.pointee.avail_out)
            }
            guard output.readableBytes <= most else { return .tooLargeDecoded }
            switch status {
            case Z_OK: continue
            case Z_STREAM_END where stream.pointee.avail_in == 0: return nil
            // Several gzip members in a row form one body (RFC 1952 section 2.2).
            case Z_STREAM_END where isGzip:
                guard inflateReset(stream) == Z_OK else { return .damagedCoding }
            case Z_BUF_ERROR: return .cutCoding
            default: return .damagedCoding
            }
        }
    }
}

/// Why an answer's compression cannot be undone.
extension Malformation.Reason: Error {}
