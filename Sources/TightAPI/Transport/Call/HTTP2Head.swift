import CNghttp2
import RefreshCore

/// The head of all calls of one kind over HTTP/2, encoded once; each call adds its token and the size of its body.
struct HTTP2Head: Sendable {
    /// The position of a field in `text`.
    private struct Field {
        let name: Range<Int>
        let value: Range<Int>
        let isSecret: Bool
    }

    /// At least the digits of any number.
    private static let longestNumber = 20

    private let text: [UInt8]
    private let fields: [Field]

    /// Takes names in lower case; those that begin with a colon come first.
    ///
    /// Secret fields stay out of the header compression tables of both sides.
    init(_ known: [(name: String, value: String)], secret: [(name: String, value: String)]) {
        var text: [UInt8] = []
        func add(_ part: String) -> Range<Int> {
            let start = text.count
            text += part.utf8
            return start..<text.count
        }
        fields =
            known.map { Field(name: add($0.name), value: add($0.value), isSecret: false) }
            + secret.map { Field(name: add($0.name), value: add($0.value), isSecret: true) }
        self.text = text
    }

    /// Lends the fields of one call to `send`; no pointer in them may outlive it.
    func withFields<Result>(
        bearer: UnsafeBufferPointer<UInt8>?,
        bodySize: Int,
        _ send: (UnsafeBufferPointer<nghttp2_nv>) -> Result
    ) -> Result {
        text.withUnsafeBufferPointer { text in
            let room = "Bearer ".utf8.count + (bearer?.count ?? 0) + Self.longestNumber
            return withUnsafeTemporaryAllocation(of: UInt8.self, capacity: room) { own in
                defer { UnsafeMutableRawBufferPointer(own).wipe() }
                return withUnsafeTemporaryAllocation(of: nghttp2_nv.self, capacity: fields.count + 2) { list in
                    for (index, field) in fields.enumerated() {
                        let (name, value) = (text[field.name], text[field.value])
                        list.initializeElement(
                            at: index,
                            to: nghttp2_nv(
                                UnsafeBufferPointer(rebasing: name), UnsafeBufferPointer(rebasing: value),
                                isSecret: field.isSecret))
                    }
                    let count = addOwn(bearer, bodySize, text: own, to: list)
                    return send(UnsafeBufferPointer(rebasing: list[..<count]))
                }
            }
        }
    }

    /// Adds the fields of this call after the common ones, and returns the total number.
    private func addOwn(
        _ bearer: UnsafeBufferPointer<UInt8>?,
        _ bodySize: Int,
        text: UnsafeMutableBufferPointer<UInt8>,
        to list: UnsafeMutableBufferPointer<nghttp2_nv>
    ) -> Int {
        var (end, count) = (0, fields.count)
        func add(_ name: StaticString, from start: Int, isSecret: Bool) {
            // The name is a constant of the program, and the value has just been written.
            let name = UnsafeBufferPointer(start: name.utf8Start, count: name.utf8CodeUnitCount)
            let value = UnsafeBufferPointer(rebasing: text[start..<end])
            list.initializeElement(at: count, to: nghttp2_nv(name, value, isSecret: isSecret))
            count += 1
        }
        if let bearer {
            end = text.initialize(fromContentsOf: "Bearer ".utf8)
            end = text[end...].initialize(fromContentsOf: bearer)
            add("authorization", from: 0, isSecret: true)
        }
        let start = end
        end = text[end...].initialize(fromContentsOf: bodySize == 0 ? "0".utf8 : String(bodySize).utf8)
        add("content-length", from: start, isSecret: false)
        return count
    }
}

extension nghttp2_nv {
    /// A field whose memory does not move until it is sent.
    fileprivate init(_ name: UnsafeBufferPointer<UInt8>, _ value: UnsafeBufferPointer<UInt8>, isSecret: Bool) {
        var flags = NGHTTP2_NV_FLAG_NO_COPY_NAME.rawValue | NGHTTP2_NV_FLAG_NO_COPY_VALUE.rawValue
        // Sent as a literal that is never indexed (RFC 7541 section 6.2.3).
        if isSecret { flags |= NGHTTP2_NV_FLAG_NO_INDEX.rawValue }
        // nghttp2 only reads what it does not copy, although its type would let it write.
        self.init(
            name: UnsafeMutablePointer(mutating: name.baseAddress),
            value: UnsafeMutablePointer(mutating: value.baseAddress),
            namelen: name.count,
            valuelen: value.count,
            flags: UInt8(flags)
        )
    }
}
