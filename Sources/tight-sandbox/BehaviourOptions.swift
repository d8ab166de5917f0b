import ArgumentParser
import RefreshCore
import TightSandbox

/// How calls are answered.
struct BehaviourOptions: ParsableArguments {
    @Option(
        parsing: .singleValue,
        help: ArgumentHelp(
            "The share of all calls that get a behaviour, such as failure=0.1; repeatable.",
            valueName: "behaviour=part"
        )
    )
    var share: [String] = []

    @Option(
        parsing: .singleValue,
        help: ArgumentHelp(
            "The behaviours of one user's calls, in order; the last one stays. Repeatable.",
            valueName: "user=behaviour,…"
        )
    )
    var behaviour: [String] = []

    @Option(help: "The duration of an answer: 50ms, or 20ms..2s for a random value, short ones more often.")
    var latency: String?

    @Option(help: "The seed that selects the calls for shares and latencies; the same seed selects the same calls.")
    var seed: UInt64 = 1

    func validate() throws {
        _ = (try shares(), try parsedLatency(), try scripts())
    }

    func shares() throws -> Shares {
        try Self.shares(share, option: "--share")
    }

    func parsedLatency() throws -> Latency {
        guard let latency else { return .fixed(.zero) }
        guard let parsed = Latency(text: latency) else {
            throw ValidationError("--latency \(latency): expected a span such as 50ms or 20ms..2s")
        }
        return parsed
    }

    func scripts() throws -> [(user: UserID, script: Script)] {
        try behaviour.map { try Self.script($0, option: "--behaviour") }
    }

    static func shares(_ texts: [String], option: String) throws -> Shares {
        do {
            return try Shares(texts: texts)
        } catch {
            throw ValidationError("\(option): \(error)")
        }
    }

    static func script(_ text: String, option: String) throws -> (user: UserID, script: Script) {
        guard let equals = text.firstIndex(of: "=") else {
            throw ValidationError("\(option) \(text): expected USER=BEHAVIOUR")
        }
        do {
            return (try UserID(String(text[..<equals])), try Script(text: text[text.index(after: equals)...]))
        } catch {
            throw ValidationError("\(option) \(text): \(error)")
        }
    }
}
