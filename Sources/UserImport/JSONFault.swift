/// Why a line is not a JSON object.
package enum JSONFault: Error, Equatable, Sendable, CustomStringConvertible {
    /// The byte, counted from 1, at which something else had to stand.
    case unexpected(position: Int)
    /// The line ends before the object does.
    case cutShort
    case notAnObject

    package var description: String {
        switch self {
        case .unexpected(let position): "the line is not valid JSON at byte \(position)"
        case .cutShort: "the line ends before its JSON object does; write each object on one line"
        case .notAnObject: "the line is not a JSON object, which begins with {"
        }
    }
}
