import RefreshCore
import RefreshDaemon
import Testing
import UserImport

/// What holds for every input, good or bad.
struct AnyInputTests {
    private static let pieces =
        [
            "user_id,access_token\n", "user_id,access_token,group\r\n", "a,t\n", "b,u\r\n", "\"c\",\"t\"\n",
            "\"d,t\n", "e,\"t\n",
            "\"\"", "\"", ",", "\n", "\r\n", "\r", "\u{FEFF}", "Zo\u{EB},t\n",
            "{\"user_id\":\"a\",\"access_token\":\"t\"}\n", "{", "}",
            "{\"user_id\":1}\n", "[", " ", "\t", "\\", "x", "\u{0}",
        ].map { Array($0.utf8) } + [[0xFF], [0xC3], Array(repeating: UInt8(ascii: "y"), count: 33_000)]

    private static func file(_ random: inout SplitMix64) -> [UInt8] {
        // The last piece but the long and binary ones come seldom, or no file would get past its first line.
        (0..<Int.random(in: 0...30, using: &random)).flatMap { index in
            if index == 0, Bool.random(using: &random) {
                return pieces[Int.random(in: 0...1, using: &random)]
            }
            let limit = Int.random(in: 0..<20, using: &random) == 0 ? pieces.count : pieces.count - 4
            return pieces[Int.random(in: 0..<limit, using: &random)]
        }
    }

    @Test func `gives the same rows however the file is cut`() {
        var random = SplitMix64(seed: 7)
        var rows = 0
        for _ in 0..<1_500 {
            let file = Self.file(&random)
            let whole = Reading(file)
            rows += whole.rows.count
            #expect(Reading(file, chunk: { 1 }) == whole)
            for size in [2, 7, 64, 40_000] {
                #expect(Reading(file, chunk: { Int.random(in: 1...size, using: &random) }) == whole)
            }
        }
        #expect(rows > 1_000)
    }

    @Test func `gives rows in the order of their lines, each line once`() {
        var random = SplitMix64(seed: 8)
        for _ in 0..<3_000 {
            let lines = Reading(Self.file(&random)).rows.map(\.line)
            #expect(zip(lines, lines.dropFirst()).allSatisfy(<))
        }
    }

    @Test func `survives random bytes`() {
        var random = SplitMix64(seed: 9)
        for round in 0..<2_000 {
            let count = Int.random(in: 0...300, using: &random)
            let bytes = (0..<count).map { _ in
                UInt8.random(in: (round % 2 == 0 ? 0 : 1)...255, using: &random)
            }
            _ = Reading(bytes)
            _ = Reading(bytes, form: .ndjson)
            let after = Reading(Array("user_id,access_token\n".utf8) + bytes)
            #expect(after.refusal != nil || after.entries.count <= after.rows.count)
        }
    }

    @Test(arguments: FileForm.allCases)
    func `loses no good row to the bad ones around it`(form: FileForm) {
        var random = SplitMix64(seed: 10)
        for _ in 0..<300 {
            var file = form == .csv ? Array("user_id,access_token\n".utf8) : []
            var good: [String] = []
            for number in 0..<Int.random(in: 1...40, using: &random) {
                if Bool.random(using: &random) {
                    good.append("good\(number)")
                    let row =
                        form == .csv
                        ? "good\(number),t\n" : "{\"user_id\":\"good\(number)\",\"access_token\":\"t\"}\n"
                    file += Array(row.utf8)
                } else {
                    // No quotes in CSV: a closed pair of them may rightly hold rows.
                    file += (0..<Int.random(in: 1...40, using: &random)).map { _ in
                        UInt8.random(in: 1...255, using: &random)
                    }
                    .filter { $0 != UInt8(ascii: "\n") && (form == .ndjson || $0 != UInt8(ascii: "\"")) }
                    file.append(UInt8(ascii: "\n"))
                }
            }
            let reading = Reading(file, form: form)
            #expect(reading.refusal == (reading.rows.isEmpty ? (form == .csv ? .noUsers : .empty) : nil))
            #expect(reading.ids.filter { $0.hasPrefix("good") } == good)
        }
    }

    @Test func `shows a token in no text`() {
        let alphabet = Array("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._~+/=".utf8)
        var random = SplitMix64(seed: 11)
        let shapes = [
            "$", "$,$", "a,$", "$,a,b", "user_id,$", "user_id,access_token,$", "user_id;$", "user_id\t$",
            "\"$", "a,\"$", "[\"$\"]",
            "user_id,access_token\n$\n", "user_id,access_token\na,$ x\n", "user_id,access_token\na,\"$\n",
            "user_id,access_token\na,$\"\n",
            "user_id,access_token\na,$\na,$\n", "user_id,access_token,group\na,t,$!\n",
            "user_id,access_token,expires_at\na,$,$\nb,$,1\n",
            "user_id,access_token,refresh_token\na,$,$ $\n", "user_id,access_token\na,$,$\n", "{\"$\":\"a\"}",
            "{\"user_id\":\"a\",\"$\":1}",
            "{\"user_id\":\"a\",\"access_token\":\"$", "{\"user_id\":\"a\",\"access_token\":[\"$\"]}",
            "{\"user_id\":\"a\",\"access_token\":$}",
            "{\"user_id\":\"a\",\"access_token\":\"$ \"}",
            "{\"user_id\":\"a\",\"access_token\":\"t\",\"expires_at\":\"$\"}", "{\n\"$\"",
            "user_id,access_token\na,$\u{0}",
        ]
        for shape in shapes {
            for length in [12, 24, 40, 97] {
                let letters = (0..<length).map { _ in alphabet.randomElement(using: &random) ?? 0x61 }
                let token = String(decoding: letters, as: UTF8.self)
                // A token is told from a column by its digits, if not by its length.
                let text = shape.replacing("$", with: token.prefix(length - 1) + "7")
                let reading = Reading(text)
                var dumped = ""
                dump(reading, to: &dumped)
                let texts =
                    [dumped, "\(reading)", String(reflecting: reading), reading.refusal?.description ?? ""]
                    + reading.problems.values.map(\.description)
                for text in texts { #expect(!text.contains(token.prefix(8)), "\(shape)") }
            }
        }
    }
}
