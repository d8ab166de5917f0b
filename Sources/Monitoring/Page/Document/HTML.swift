/// Text of the page, with what it quotes made harmless.
enum HTML {
    static func escaped(_ text: String) -> String {
        var result = ""
        result.reserveCapacity(text.utf8.count)
        // As a browser reads: with a mark on it a quote is another character for Swift alone.
        for scalar in text.unicodeScalars {
            switch scalar {
            case "&": result += "&amp;"
            case "<": result += "&lt;"
            case ">": result += "&gt;"
            case "\"": result += "&quot;"
            case "'": result += "&#39;"
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result
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
