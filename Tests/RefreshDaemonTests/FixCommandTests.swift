import Foundation
import RefreshCore
import RefreshDaemon
import Testing

/// Commands that operators copy into a shell: an id of a user is whatever the platform chose.
struct FixCommandTests {
    /// The arguments that a shell gives to the command.
    private static func arguments(of command: String) throws -> [String] {
        let shell = Process()
        let output = Pipe()
        shell.executableURL = URL(filePath: "/bin/sh")
        shell.arguments = ["-c", #"bankrefreshd() { for one; do printf '%s\0' "$one"; done; }; "# + command]
        shell.standardOutput = output
        try shell.run()
        let bytes = Array(output.fileHandleForReading.readDataToEndOfFile())
        shell.waitUntilExit()
        return bytes.split(separator: 0).map { String(decoding: $0, as: UTF8.self) }
    }

    @Test(arguments: [
        "alice", "o'neill", "''", "$(echo harm)", "`echo harm`", "a;echo harm", "\"\\", "a b", "*", "~", "é", "-x",
        "--",
        // With a mark on it Swift takes an apostrophe or a hyphen for another character, and a shell does not.
        "a'\u{301}; echo harm; '\u{301}", "-\u{301}x", "'\u{20E3}",
    ])
    func `a shell takes the id as it is, and nothing of it for a command`(text: String) throws {
        let id = try UserID(text)
        let expected = text.utf8.first == UInt8(ascii: "-") ? ["history", "--", text] : ["history", text]
        let arguments = try Self.arguments(of: FixCommand.history(of: id))
        #expect(arguments.map { Array($0.utf8) } == expected.map { Array($0.utf8) })
    }
}
