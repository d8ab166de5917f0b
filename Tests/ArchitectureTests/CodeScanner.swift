/// Takes comments and the text of string literals out of Swift source.
struct CodeScanner {
    private enum Context: Equatable {
        /// Code; inside an interpolation, with the parentheses open in it.
        case code(parentheses: Int)
        case string(hashes: Int, isMultiline: Bool)
    }

    static func code(of text: String) -> String {
        var scanner = CodeScanner(text: Array(text))
        return scanner.scan()
    }

    private let text: [Character]
    private var position = 0
    private var code = ""
    private var contexts = [Context.code(parentheses: 0)]

    private init(text: [Character]) {
        self.text = text
    }

    private mutating func scan() -> String {
        while position < text.count {
            switch contexts.last ?? .code(parentheses: 0) {
            case .code(let parentheses): scanCode(parentheses: parentheses)
            case .string(let hashes, let isMultiline): scanString(hashes: hashes, isMultiline: isMultiline)
            }
        }
        return code
    }

    private func isAhead(_ word: String, at offset: Int = 0) -> Bool {
        text.dropFirst(position + offset).starts(with: word)
    }

    private mutating func scanCode(parentheses: Int) {
        if isAhead("//") {
            while position < text.count, !text[position].isNewline { position += 1 }
        } else if isAhead("/*") {
            skipBlockComment()
        } else if let hashes = hashesBeforeQuote() {
            position += hashes
            let isMultiline = isAhead("\"\"\"")
            position += isMultiline ? 3 : 1
            code += "\""
            contexts.append(.string(hashes: hashes, isMultiline: isMultiline))
        } else {
            let character = text[position]
            position += 1
            if contexts.count > 1, character == ")", parentheses == 0 {
                contexts.removeLast()
                return
            }
            let depth = parentheses + (character == "(" ? 1 : character == ")" ? -1 : 0)
            contexts[contexts.count - 1] = .code(parentheses: depth)
            code.append(character)
        }
    }

    private mutating func scanString(hashes: Int, isMultiline: Bool) {
        let fence = String(repeating: "#", count: hashes)
        let end = (isMultiline ? "\"\"\"" : "\"") + fence
        if isAhead(end) {
            position += end.count
            code += "\""
            contexts.removeLast()
        } else if isAhead("\\" + fence + "(") {
            position += 2 + hashes
            code += " "
            contexts.append(.code(parentheses: 0))
        } else if isAhead("\\" + fence) {
            position += 2 + hashes
        } else {
            if text[position].isNewline { code += "\n" }
            position += 1
        }
    }

    private func hashesBeforeQuote() -> Int? {
        let hashes = text.dropFirst(position).prefix { $0 == "#" }.count
        return isAhead("\"", at: hashes) ? hashes : nil
    }

    private mutating func skipBlockComment() {
        var depth = 0
        repeat {
            if isAhead("/*") {
                depth += 1
                position += 2
            } else if isAhead("*/") {
                depth -= 1
                position += 2
            } else {
                if text[position].isNewline { code += "\n" }
                position += 1
            }
        } while depth > 0 && position < text.count
    }
}
