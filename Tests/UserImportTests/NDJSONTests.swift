import Foundation
import RefreshCore
import RefreshDaemon
import Testing
import UserImport

struct NDJSONTests {
    @Test func `reads every key, in any order`() {
        let reading = Reading(
            #"""
            {"group":"eu","expires_at":"2026-02-01T00:00:00Z","user_id":"alice","refresh_token":"r1","access_token":"t1"}

              { "access_token" : "t2" , "user_id" : 42, "expires_at": 1769904000, "group": null, "refresh_token":"" }  
            {"user_id":"Zo\u00eb \"\ud83d\ude00\" \\\/","access_token":"t\u0033"}
            """#
        )
        #expect(reading.refusal == nil && reading.problems.isEmpty)
        #expect(reading.ids == ["alice", "42", "Zo\u{EB} \"\u{1F600}\" \\/"])
        #expect(reading.entries.map { Reading.text(of: $0.token) } == ["t1", "t2", "t3"])
        #expect(reading.entries.map { Reading.text(of: $0.refreshToken) } == ["r1", nil, nil])
        #expect(reading.entries.map(\.group?.rawValue) == ["eu", nil, nil])
        #expect(reading.entries[1].expiresAt == reading.entries[0].expiresAt)
        #expect(reading.rows.map(\.line) == [1, 3, 4])
    }

    @Test(arguments: ["0", "-7", "18446744073709551616123"])
    func `takes a whole number for a user id, digit by digit`(number: String) {
        #expect(Reading(#"{"user_id":\#(number),"access_token":"t"}"#).ids == [number])
    }

    @Test(
        arguments: [
            (#"{"access_token":"t"}"#, .missingKey(.userID)),
            (#"{"user_id":"a"}"#, .missingKey(.accessToken)),
            (#"{"user_id":null,"access_token":"t"}"#, .missingKey(.userID)), ("{}", .missingKey(.userID)),
            (#"{"user_id":"a","user_id":"b","access_token":"t"}"#, .repeatedKey(.userID)),
            (#"{"user_id":1.5,"access_token":"t"}"#, .wrongType(.userID)),
            (#"{"user_id":1e3}"#, .wrongType(.userID)),
            (#"{"user_id":true}"#, .wrongType(.userID)), (#"{"user_id":["a"]}"#, .wrongType(.userID)),
            (#"{"user_id":"a","access_token":7}"#, .wrongType(.accessToken)),
            (#"{"user_id":"a","access_token":"t","expires_at":1.5}"#, .wrongType(.expiresAt)),
            (#"{"user_id":"a","access_token":"t","group":{"a":1}}"#, .wrongType(.group)),
            (#"{"user_id":"","access_token":"t"}"#, .userID(.empty)),
            (#"{"user_id":"a\u0000","access_token":"t"}"#, .userID(.controlCharacter)),
            (#"{"user_id":"a","access_token":"t t"}"#, .accessToken(.space(position: 2))),
            (
                #"{"user_id":"a","access_token":"t","expires_at":1}"#,
                .expired(at: Timestamp(secondsSinceEpoch: 1))
            ),
            (#"{"user_id":"a","access_token":"t","expires_at":"soon"}"#, .noMoment(.expiresAt)),
            (#"{"user_id":"a","access_token":"t","group":"e u"}"#, .group),
            (#"{"user_id":"a","access_token":"t""#, .notJSON(.cutShort)),
            (#"{"user_id":"a"#, .notJSON(.cutShort)),
            (#"{"user_id":"a\"#, .notJSON(.cutShort)), (#"{"user_id":"a\u00"#, .notJSON(.cutShort)),
            (#"{"user_id" "a"}"#, .notJSON(.unexpected(position: 12))),
            (#"{"user_id":"a",}"#, .notJSON(.unexpected(position: 16))),
            (#"{user_id:"a"}"#, .notJSON(.unexpected(position: 2))),
            (#"{"user_id":01}"#, .notJSON(.unexpected(position: 13))),
            (#"{"user_id":"\x"}"#, .notJSON(.unexpected(position: 14))),
            (#"{"user_id":"\ud800"}"#, .notJSON(.unexpected(position: 19))),
            (#"{"user_id":"\udc00"}"#, .notJSON(.unexpected(position: 15))),
            ("{\"user_id\":\"a\tb\"}", .notJSON(.unexpected(position: 14))),
            (#"{"user_id":"a","access_token":"t"} x"#, .notJSON(.unexpected(position: 36))),
            (#"{"user_id":nil}"#, .notJSON(.unexpected(position: 13))),
            (#""a""#, .notJSON(.notAnObject)), ("user_id,access_token", .notJSON(.notAnObject)),
        ] as [(String, RowProblem)]
    )
    func `tells what is wrong with a line`(line: String, expected: RowProblem) {
        let reading = Reading("\(line)\n{\"user_id\":\"z\",\"access_token\":\"t\"}", form: .ndjson)
        #expect(reading.refusal == nil)
        #expect(reading.problems == [1: expected])
        #expect(reading.ids == ["z"])
    }

    @Test(arguments: [
        (
            #"{"user_id":"a","acces_token":"t"}"#,
            #"key "acces_token" is not known; did you mean "access_token"?"#
        ),
        (
            #"{"user_id":"a","email":"t"}"#,
            #"key "email" is not known; known are user_id, access_token, refresh_token, "#
        ),
        (#"{"userId":"a"}"#, #"key number 1 is not known; did you mean "user_id"?"#),
        (#"{"user_id":"a","aZ9":"t"}"#, "key number 2 is not known; known are "),
    ])
    func `names the nearest known key`(line: String, text: String) throws {
        #expect(try #require(Reading(line).problems[1]).description.hasPrefix(text))
    }

    @Test func `agrees with Foundation on what is JSON`() throws {
        var random = SplitMix64(seed: 1)
        let valid = Array(
            #"{"user_id": "a\/\u00e9\ud83d\ude00" , "access_token":"t","expires_at":1769904000,"group":null}"#
                .utf8
        )
        let pool = Array(#"{}[]":,\u0e9d83ntrfa -.+eE"#.utf8)
        var agreed = 0
        for _ in 0..<20_000 {
            var line = valid
            for _ in 0..<Int.random(in: 0...2, using: &random) {
                let at = Int.random(in: 1..<line.count, using: &random)
                switch Int.random(in: 0..<3, using: &random) {
                case 0: line[at] = pool.randomElement(using: &random) ?? 0x20
                case 1: line.remove(at: at)
                default: line.insert(pool.randomElement(using: &random) ?? 0x20, at: at)
                }
            }
            let reading = Reading(line + [0x0A], form: .ndjson)
            // Foundation lets a comma stand before the closing brace; RFC 8259 does not.
            let hasTrailingComma = String(decoding: line, as: UTF8.self).contains(/,\s*}/)
            let isJSON = !hasTrailingComma && (try? JSONSerialization.jsonObject(with: Data(line))) != nil
            if case .notJSON = reading.problems[1] {
                #expect(!isJSON, "\(String(decoding: line, as: UTF8.self))")
            } else if !reading.entries.isEmpty {
                #expect(isJSON, "\(String(decoding: line, as: UTF8.self))")
                agreed += 1
            }
        }
        #expect(agreed > 1_000)
    }
}
