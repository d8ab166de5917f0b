import CZlib

/// Bytes as servers compress them.
enum Compressed {
    static func gzip(_ text: String) -> [UInt8] { deflate(Array(text.utf8), window: 15 + 16) }
    static func zlib(_ text: String) -> [UInt8] { deflate(Array(text.utf8), window: 15) }
    /// Without any header, as some servers take `deflate`.
    static func raw(_ text: String) -> [UInt8] { deflate(Array(text.utf8), window: -15) }

    static func deflate(_ bytes: [UInt8], window: Int32) -> [UInt8] {
        var stream = z_stream()
        var output = [UInt8](repeating: 0, count: bytes.count + 100)
        var input = bytes
        deflateInit2_(
            &stream, 9, Z_DEFLATED, window, 8, Z_DEFAULT_STRATEGY, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size))
        let count = input.withUnsafeMutableBufferPointer { input in
            output.withUnsafeMutableBufferPointer { output in
                stream.next_in = input.baseAddress
                stream.avail_in = UInt32(input.count)
                stream.next_out = output.baseAddress
                stream.avail_out = UInt32(output.count)
                CZlib.deflate(&stream, Z_FINISH)
                return Int(stream.total_out)
            }
        }
        deflateEnd(&stream)
        return Array(output[..<count])
    }
}
