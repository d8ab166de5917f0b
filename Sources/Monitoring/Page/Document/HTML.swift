/// Text of the page and of drawings, with everything quoted in it escaped.
enum HTML {
    static func escaped(_ text: String) -> String {
        text.escaping { scalar in
            switch scalar {
            case "&": "&amp;"
            case "<": "&lt;"
            case ">": "&gt;"
            case "\"": "&quot;"
            case "'": "&#39;"
            default: nil
            }
        }
    }

    /// An element that holds text.
    static func element(_ name: String, _ classes: String = "", _ text: String) -> String {
        "<\(name)\(classes.isEmpty ? "" : " class=\"\(classes)\"")>\(escaped(text))</\(name)>"
    }

    /// A number for an attribute, to a tenth.
    static func number(_ value: Double) -> String {
        let tenths = Int((value * 10).rounded())
        let fraction = abs(tenths) % 10
        return (tenths < 0 ? "-" : "") + "\(abs(tenths) / 10)" + (fraction > 0 ? ".\(fraction)" : "")
    }
}
