import ArgumentParser
import RefreshCore
import TightSandbox

/// What calls meet.
struct BehaviourOptions: ParsableArguments {
    @Option(
        parsing: .singleValue,
        help: ArgumentHelp(
            "A part of all calls that meets a behaviour, failure=0.1 say; repeatable.",
            valueName: "behaviour=part"
        )
    )
    var share: [String] = []

    @Option(
        parsing: .singleValue,
        help: ArgumentHelp(
            "What one user's calls meet, one after the other; the last one stays. Repeatable.",
            valueName: "user=behaviour,…"
        )
    )
    var behaviour: [String] = []

    @Option(help: "How long an answer takes: 50ms, or 20ms..2s for anything between, short ones more often.")
    var latency: String?

    @Option(help: "Decides which calls a share and a latency hit; the same seed hits the same ones.")
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
