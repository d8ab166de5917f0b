import Foundation
import Testing

@Suite(.timeLimit(.minutes(1)))
struct CompletionTests {
    /// Runs a script with a shell in the workplace, where `_bankrefreshd` is the completion for that shell.
    private func complete(_ words: String, in place: Workplace) async throws -> [Substring] {
        let script = try await place.run("--generate-completion-script", "bash")
        try #require(script.status == 0)
        try script.output.write(toFile: place.directory + "/_bankrefreshd", atomically: true, encoding: .utf8)
        // As readline does it: the function that complete -p names, with the words so far.
        let driver = """
            source ./_bankrefreshd
            function_name=$(complete -p bankrefreshd | sed -n 's/.*-F \\([^ ]*\\) .*/\\1/p')
            COMP_WORDS=(\(words) "")
            COMP_WORDS=("${COMP_WORDS[@]::${#COMP_WORDS[@]}-1}")
            COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
            COMP_LINE="${COMP_WORDS[*]}"
            COMP_POINT=${#COMP_LINE}
            "$function_name" bankrefreshd "${COMP_WORDS[COMP_CWORD]}" "${COMP_WORDS[COMP_CWORD-1]}"
            printf '%s\\n' "${COMPREPLY[@]}"
            """
        let done = try await place.start("/bin/bash", ["--norc", "-c", driver], environment: [:]).result()
        return done.output.split(separator: "\n").map { $0.prefix { $0 != " " } }
    }

    @Test func `bash completes commands, options and values`() async throws {
        try await Workplace.with { place in
            #expect(try await complete("bankrefreshd sta", in: place) == ["status"])
            #expect(try await complete("bankrefreshd config d", in: place) == ["dump"])
            #expect(try await complete("bankrefreshd support bundle --with", in: place) == ["--with-users"])
            #expect(try await complete("bankrefreshd hea", in: place) == ["health"])
            #expect(try await complete("bankrefreshd users e", in: place) == ["export"])
            #expect(try await complete("bankrefreshd refresh --no", in: place) == ["--no-wait"])
            let orders = try await complete("bankrefreshd users list --sort ''", in: place)
            #expect(orders == ["id", "due", "last-success", "failures", "expiry"])
            let states = try await complete("bankrefreshd users list --state pa", in: place)
            #expect(states == ["parked", "paused"])
        }
    }

    @Test(arguments: ["bash", "zsh", "fish"])
    func `there is a script for the shell that knows every command`(shell: String) async throws {
        try await Workplace.with { place in
            let script = try await place.run("--generate-completion-script", shell)
            #expect(script.status == 0)
            for word in ["check-config", "export", "refresh", "last-success", "no-wait", "interval"] {
                #expect(script.output.contains(word), "\(word)")
            }
            guard shell == "bash" else { return }
            let checked = try await place.start(
                "/bin/bash", ["-n"], input: Data(script.output.utf8), environment: [:]
            ).result()
            #expect(checked.status == 0, "\(checked.errors)")
        }
    }
}
