/// Something of ours that reads what others wrote, and what has to hold whatever they wrote.
struct FuzzTarget: Sendable {
    /// Names the folder of its inputs, too.
    let name: String
    /// In bytes; longer inputs find nothing that shorter ones do not.
    let longest: Int
    let run: @Sendable (_ input: [UInt8]) throws(Finding) -> Void

    init(_ name: String, longest: Int, run: @escaping @Sendable (_ input: [UInt8]) throws(Finding) -> Void) {
        self.name = name
        self.longest = longest
        self.run = run
    }

    /// In the order in which `make fuzz` takes them.
    static let all = [
        imports, ids, answers, renewals, http1, http2, tunnel, configuration, journal, requests, retryAfter, zones,
        sealed, keys, commands, store,
    ]
}

/// A promise that an input broke.
struct Finding: Error, CustomStringConvertible {
    let description: String
}

/// Throws the promise as a finding unless it holds.
func require(_ holds: Bool, _ promise: @autoclosure () -> String) throws(Finding) {
    if !holds { throw Finding(description: promise()) }
}

/// Throws a finding if `body` throws: what `body` does has to succeed.
func obtain<Value>(_ promise: String, _ body: () throws -> Value) throws(Finding) -> Value {
    do { return try body() } catch { throw Finding(description: "\(promise): \(error)") }
}
