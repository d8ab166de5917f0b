import NIOCore

extension HTTPAnswer {
    /// Whether more was announced or has come than is read.
    var isTooLarge: Bool { bodyEnd == .tooLarge }

    /// Keeps the field if an outcome can depend on it; of a field that is there twice the first counts.
    mutating func note(_ name: String, _ value: String) {
        // The length tells nearly all other fields apart, at no cost.
        switch name.utf8.count {
        case 4 where date == nil && name.matches("date"): date = value
        case 11 where name.matches("retry-after"): retryAfter.append(value)
        case 12 where contentType == nil && name.matches("content-type"): contentType = value
        case 14 where size == 0 && name.matches("content-length"):
            size = max(0, Int(value) ?? 0)
            if size > Self.longestBody { bodyEnd = .tooLarge }
        case 16 where name.matches("content-encoding"):
            contentCoding = contentCoding.map { "\($0), \(value)" } ?? value
        default: break
        }
    }

    /// Appends to the body up to the limit; beyond it, the whole body is dropped.
    mutating func append(_ part: ByteBuffer) {
        let total = body.readableBytes + part.readableBytes
        size = max(size, total)
        guard total <= Self.longestBody, !isTooLarge else {
            bodyEnd = .tooLarge
            body = ByteBuffer()
            return
        }
        if body.readableBytes == 0 {
            body = part
        } else {
            body.writeImmutableBuffer(part)
        }
    }
}

extension String {
    /// Whether this is `name`, which is ASCII in lower case, in whatever case.
    fileprivate func matches(_ name: StaticString) -> Bool {
        name.withUTF8Buffer { name in
            // Letters differ from their other case in this bit alone; a hyphen has it set.
            utf8.elementsEqual(name) { $0 | 0x20 == $1 }
        }
    }
}
