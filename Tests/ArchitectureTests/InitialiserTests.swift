import Testing

/// An initialiser that takes many arguments wires what should wire itself.
struct InitialiserTests {
    static let limit = 7

    @Test func `no initialiser takes more than seven arguments, but one that only fills a value in`() throws {
        let files = try SourceTree.sources()
        let wide = files.flatMap { file in
            Initialiser.all(in: file).filter { $0.arguments.count > Self.limit && !$0.isMemberwise }.map {
                "\(file.path): \($0.arguments)"
            }
        }
        #expect(wide == [])
        #expect(files.map { Initialiser.all(in: $0).count }.reduce(0, +) > 300)
    }

    @Test(
        arguments: [
            ("struct A { init() {} }", [], false),
            (
                "struct A { init(a: Int, _ b: [String: (Int, Int)], c d: Result<Int, E> = .f(1, 2)) { self.a = a } }",
                ["a", "b", "d"], false
            ),
            (
                "struct A { init(a: Int, b: @escaping (Int, Int) -> Void) {\n self.a = a\n self.b = b\n } }",
                ["a", "b"], true
            ),
            ("struct A { init(a: Int, b: Int) {\n self.a = a\n self.b = max(0, b)\n } }", ["a", "b"], false),
            ("final class A { init(a: Int) {\n self.a = a\n } }", ["a"], false),
            ("enum A { struct B {\n private init?(a: Int) throws(E) {\n self.a = a\n } } }", ["a"], true),
            ("extension A { init(a: Int) {\n self.init(a: a, b: 1)\n } }", ["a"], false),
        ] as [(String, [String], Bool)])
    func `an initialiser is read`(code: String, arguments: [String], isMemberwise: Bool) throws {
        let found = Initialiser.all(in: SourceFile(path: "A.swift", text: code))
        #expect(found.count == 1)
        #expect(found.first?.arguments == arguments)
        #expect(found.first?.isMemberwise == isMemberwise)
    }
}

/// An initialiser that a source declares.
private struct Initialiser {
    /// The names within.
    let arguments: [String]
    /// Whether it gives each property of a struct the argument of its name and does nothing else: Swift makes such a one
    /// by itself, but not for the whole package.
    let isMemberwise: Bool

    static func all(in file: SourceFile) -> [Initialiser] {
        let code = Array(file.code)
        var found: [Initialiser] = []
        var kinds: [String] = []
        var pending: String?
        var position = 0
        while position < code.count {
            let character = code[position]
            if character == "{" {
                kinds.append(pending ?? kinds.last ?? "")
                pending = nil
            } else if character == "}" {
                _ = kinds.popLast()
            } else if character.isLetter, position == 0 || !isPartOfName(code[position - 1]) {
                let word = String(code[position...].prefix(while: isPartOfName))
                let isDotted = position > 0 && code[position - 1] == "."
                position += word.count
                if ["struct", "class", "enum", "actor", "protocol", "extension"].contains(word), !isDotted {
                    // `class func` declares no class.
                    pending = word == "class" && isAhead("func", code, position) ? pending : word
                } else if word == "init", !isDotted, let initialiser = read(code, position, in: kinds.last ?? "") {
                    found.append(initialiser)
                }
                continue
            }
            position += 1
        }
        return found
    }

    private static func isPartOfName(_ character: Character) -> Bool {
        character.isLetter || character.isNumber || character == "_"
    }

    private static func isAhead(_ word: String, _ code: [Character], _ position: Int) -> Bool {
        String(code[position...].drop(while: \.isWhitespace).prefix(word.count)) == word
    }

    /// Nil for what is no declaration.
    private static func read(_ code: [Character], _ start: Int, in kind: String) -> Initialiser? {
        guard let open = code[start...].firstIndex(of: "("),
            code[start..<open].allSatisfy({ isPartOfName($0) || " ?!<>:,&".contains($0) })
        else { return nil }
        var names: [String] = []
        var depth = 0
        var part = ""
        var position = open
        scan: while position < code.count {
            let character = code[position]
            switch character {
            case "(", "[", "{": depth += 1
            case "<" where code[position - 1] != " ": depth += 1
            case ")", "]", "}": depth -= 1
            case ">" where code[position - 1] != "-" && code[position - 1] != " ": depth -= 1
            default: break
            }
            if depth == 0 || (depth == 1 && character == ",") {
                // The last word before the colon is the name within.
                if let name = part.split(separator: ":").first?.split(whereSeparator: { !isPartOfName($0) }).last {
                    names.append(String(name))
                }
                part = ""
                if depth == 0 { break scan }
            } else if position > open {
                part.append(character)
            }
            position += 1
        }
        let head = code[position...].prefix { $0 != "{" && $0 != "}" && $0 != "\n" }
        guard position + head.count < code.count, code[position + head.count] == "{" else {
            return Initialiser(arguments: names, isMemberwise: false)
        }
        let body = code[(position + head.count + 1)...].prefix { $0 != "}" && $0 != "{" }
        let lines = String(body).split(separator: "\n").map { $0.filter { !$0.isWhitespace } }.filter { !$0.isEmpty }
        let assignments = names.map { "self.\($0)=\($0)" }
        return Initialiser(
            arguments: names,
            isMemberwise: kind == "struct" && !names.isEmpty && lines.sorted() == assignments.sorted())
    }
}
