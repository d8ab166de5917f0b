import Foundation
import RefreshCore
import Testing

@testable import TightAPI

struct ResponseScanTests {
    private func scan(_ text: String) -> ResponseScan.Finding {
        ResponseScan.result(in: Array(text.utf8).span)
    }

    @Test(arguments: [
        #"{"result":"SUCCESS"}"#, " {\t\"result\" :\r\n\"SUCCESS\" } ",
        #"{"a":{"result":"FAILURE"},"result":"SUCCESS"}"#,
        #"{"result":"SUCCESS","a":[1,-2.5e+10,true,false,null,"\u00e9\n\"",{},[]]}"#,
        #"{"a":"{\"result\":\"FAILURE\"}","result":"SUCCESS"}"#,
    ])
    func `finds SUCCESS on the top level`(text: String) {
        #expect(scan(text) == .success)
    }

    @Test(arguments: [
        "", "{", "{}", "[]", #"{"result":"FAILURE"}"#, #"{"result":"SUCCESS""#, #"{"result":"SUCCESS"}x"#,
        #"{"result":"SUCCESS",}"#,
        #"{"a":{"result":"SUCCESS"}}"#, #"{"a":"\"result\":\"SUCCESS\""}"#, #"{"result":"SUCCESS","a":01}"#,
        #"{"result":"SUCCESS","a":1.}"#, #"{"result":"SUCCESS","a":.5}"#, #"{"result":"SUCCESS","a":+1}"#,
        #"{"result":"SUCCESS","a":1e}"#, #"{"result":"SUCCESS","a":-}"#, #"{"result":"SUCCESS","a":tru}"#,
        #"{"result":"SUCCESS","a":"\x"}"#, #"{"result":"SUCCESS","a":"\u12g4"}"#,
        #"{"result":"SUCCESS","a":"\ud800"}"#,
        #"{"result":"SUCCESS","a":"\"#, #"{"result":"SUCCESS","a":"\u00"#,
        "{\"result\":\"SUCCESS\",\"a\":\"\n\"}",
        #"{"result":"SUCCESS" "a":1}"#, #"{"result":"SUCCESS","a"}"#, #"{"result":"SUCCESS",1:2}"#,
        #"{"result":"SUCCESS","é":1}"#,
        #"{"r\u0065sult":"SUCCESS"}"#, #"{"result":"SUCC\u0045SS"}"#, #"{"result":"SUCCESS","a":[1,]}"#,
        #"{"result":"SUCCESS","a":\#(String(repeating: "[", count: 40))\#(String(repeating: "]", count: 40))}"#,
    ])
    func `leaves to full decoding whatever it is not sure of`(text: String) {
        #expect(scan(text) == .undecided)
    }

    @Test func `sees a repeated result`() {
        #expect(scan(#"{"result":"SUCCESS","result":"FAILURE"}"#) == .repeated)
    }

    @Test func `agrees with full decoding on random documents`() throws {
        var random = SplitMix64(seed: 7)
        var successes = 0
        for _ in 0..<3_000 {
            let text = document(&random)
            let decoded = try #require(JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any])
            let isSuccess = decoded["result"] as? String == "SUCCESS"
            #expect(scan(text) == (isSuccess ? .success : .undecided), "\(text)")
            #expect((AnswerDocument(json: text.utf8)?.result == .success) == isSuccess, "\(text)")
            successes += isSuccess ? 1 : 0
        }
        #expect((500...2_500).contains(successes))
    }

    @Test func `finds SUCCESS only in damaged documents that decode to it`() {
        var random = SplitMix64(seed: 8)
        var found = 0
        for _ in 0..<20_000 {
            var bytes = Array(document(&random).utf8)
            for _ in 0..<Int.random(in: 1...3, using: &random) {
                let index = Int.random(in: 0..<bytes.count, using: &random)
                switch Int.random(in: 0..<3, using: &random) {
                case 0: bytes.remove(at: index)
                case 1: bytes.insert(UInt8.random(in: 0...255, using: &random), at: index)
                default: bytes[index] = Array(#""\{}[]:,0e-"#.utf8).randomElement(using: &random) ?? 0
                }
                if bytes.isEmpty { bytes = [0x20] }
            }
            guard ResponseScan.result(in: bytes.span) == .success else { continue }
            found += 1
            let decoded = try? JSONSerialization.jsonObject(with: Data(bytes)) as? [String: Any]
            #expect(decoded?["result"] as? String == "SUCCESS", "\(String(decoding: bytes, as: UTF8.self))")
            #expect(
                AnswerDocument(json: bytes)?.result == .success,
                "\(String(decoding: bytes, as: UTF8.self))"
            )
        }
        #expect(found > 100)
    }

    /// An object with unique keys, in which `result` is often there, on the top level or below.
    private func document(_ random: inout SplitMix64) -> String {
        var members = (0..<Int.random(in: 0...3, using: &random)).map {
            #""k\#($0)":\#(value(depth: 1, &random))"#
        }
        if Bool.random(using: &random) || Bool.random(using: &random) {
            let results = [
                #""SUCCESS""#, #""SUCCESS""#, #""SUCCESS""#, #""FAILURE""#, "null", "1", #"["SUCCESS"]"#,
            ]
            let result = results.randomElement(using: &random) ?? "null"
            members.insert(#""result":\#(result)"#, at: Int.random(in: 0...members.count, using: &random))
        }
        return "{" + members.joined(separator: " , ") + "}"
    }

    private func value(depth: Int, _ random: inout SplitMix64) -> String {
        switch Int.random(in: 0..<(depth < 5 ? 9 : 7), using: &random) {
        case 0: return #""\"result\":\"SUCCESS\"""#
        case 1: return #""a\\\/\b\f\n\r\t\u00E9\u20ac""#
        case 2:
            return ["0", "-0", "12", "-1.5", "1e5", "2E-3", "0.25e+2"].randomElement(using: &random) ?? "0"
        case 3: return "true"
        case 4: return "null"
        case 5: return #"{"result":"SUCCESS"}"#
        case 6: return "[ ]"
        case 7:
            return "[" + (0..<3).map { _ in value(depth: depth + 1, &random) }.joined(separator: ",") + "]"
        default:
            return "{"
                + (0..<2).map { #""n\#($0)":"# + value(depth: depth + 1, &random) }.joined(separator: ",")
                + "}"
        }
    }
}
