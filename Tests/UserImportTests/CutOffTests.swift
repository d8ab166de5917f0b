import RefreshCore
import RefreshDaemon
import Testing
import UserImport

/// Files that end in the middle.
struct CutOffTests {
    private static let files = [
        "user_id,access_token\nalice,token-1\nbob,token-2\ncarol,token-3\n",
        "access_token,user_id\r\ntoken-1,alice\r\ntoken-2,\"bob\"\r\n\"token-3\",carol\r\n",
        "user_id;access_token;group\nalice;token-1;eu\nbob;token-2;\ncarol;token-3;us\n",
        """
        {"user_id":"alice","access_token":"token-1"}
        {"user_id":"bob","access_token":"token-2"}
        {"user_id":12,"access_token":"token-3"}

        """,
    ]

    @Test(arguments: files) func `wherever a file is cut, none but the rows of whole lines come out`(file: String) {
        let bytes = Array(file.utf8)
        let whole = Reading(bytes)
        #expect(whole.entries.count == 3 && whole.problems.isEmpty)
        for length in bytes.indices {
            let part = bytes.prefix(length)
            let ends = part.count { $0 == UInt8(ascii: "\n") }
            let cut = Reading(Array(part), chunk: { 7 })
            #expect(cut.entries.allSatisfy(whole.entries.contains), "\(length)")
            let isLine = part.last == UInt8(ascii: "\n")
            let hasHeader = file.first != "{"
            guard cut.refusal == nil || isLine || ends > 1 else { continue }
            #expect(cut.entries.count == max(0, hasHeader ? ends - 1 : ends), "\(length)")
            #expect(cut.problems == (isLine || part.isEmpty ? [:] : [ends + 1: .cutOff]), "\(length)")
        }
    }

    @Test func `a row that is cut off tells whom it is about, as far as it can be told`() {
        func about(_ text: String) -> String? { Reading(Array(text.utf8)).rows.last?.userID?.rawValue }
        #expect(about("user_id,access_token\na,t\nb,u") == "b")
        #expect(about(#"{"user_id":"b","access_token":"t"}"#) == "b")
        #expect(about(#"{"user_id":"b","access_tok"#) == "b")
    }

    @Test func `what follows the last line end and is blank cuts nothing off`() {
        let reading = Reading(Array("user_id,access_token\na,t\n  ".utf8))
        #expect(reading.ids == ["a"] && reading.problems.isEmpty)
        #expect(Reading(Array("user_id,access_token\na,\"t\n  ".utf8)).problems == [2: .unclosedQuote])
    }

    @Test func `what mends it is said`() {
        let words = RowProblem.cutOff.description
        #expect(words.contains("may be truncated"))
        #expect(words.contains("load the complete file, or, if it is complete, end it with a newline"))
    }
}
