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

    struct Parsed {
        let shares: Shares
        let latency: Latency
        let scripts: [(user: UserID, script: Script)]
    }

    func parsed() throws -> Parsed {
        let shares: Shares
        do {
            shares = try Shares(texts: share)
        } catch {
            throw ValidationError("--share: \(error)")
        }
        var parsedLatency = Latency.none
        if let latency {
            guard let known = Latency(text: latency) else {
                throw ValidationError("--latency \(latency): expected a span such as 50ms or 20ms..2s")
            }
            parsedLatency = known
        }
        return Parsed(
            shares: shares, latency: parsedLatency,
            scripts: try behaviour.map { try Self.script($0, option: "--behaviour") })
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
