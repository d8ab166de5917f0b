/// Finds SUCCESS in an answer at a fraction of the cost of decoding it.
///
/// One pass checks the whole document against RFC 8259 and looks only at the top-level `result`. It reports SUCCESS
/// only if full decoding would too. It leaves all doubtful cases to full decoding: escaped keys, characters beyond
/// ASCII, deep nesting, and every document that is not well-formed.
enum ResponseScan {
    enum Finding: Equatable, Sendable {
        /// A well-formed object with `result` SUCCESS, once.
        case success
        /// A well-formed object with more than one `result`: it is unclear which one is meant.
        case repeated
        case undecided
    }

    static func result(in bytes: Span<UInt8>) -> Finding {
        var index = 0
        var results = 0
        var isSuccess = false
        JSONWalk.skipSpace(bytes, &index)
        let isObject = JSONWalk.object(bytes, &index, .plain) { member, hasPlainKey in
            if JSONWalk.equals("\"result\"", bytes, member.key) {
                results += 1
                isSuccess = JSONWalk.equals("\"SUCCESS\"", bytes, member.value)
            }
            return hasPlainKey
        }
        guard isObject else { return .undecided }
        JSONWalk.skipSpace(bytes, &index)
        guard index == bytes.count else { return .undecided }
        if results > 1 { return .repeated }
        return isSuccess ? .success : .undecided
    }
}
