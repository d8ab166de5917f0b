import RefreshCore

/// What decides about the requests of one kind as they arrive: an outage, a script, or the shares.
struct Directions: Sendable {
    private let shares: Shares
    private let latency: Latency
    /// Of each user's draws, made once.
    private let identities: [UInt64]
    /// The users with a script of their own.
    var scripts: [Int: Script] = [:]
    /// The others share it, so that each request takes the next step; nil for the shares.
    var scriptForAll: Script?
    /// Distinguishes requests from before and after a reset.
    private(set) var generation = 0

    init(_ users: UserDirectory, shares: Shares, latency: Latency, seed: UInt64) {
        self.shares = shares
        self.latency = latency
        identities = users.ids.map { StableDraw.identity(of: $0, seed: seed) }
    }

    /// Decides about a user's next request; `user` is nil if it is unknown.
    mutating func order(_ number: Int, of user: Int?, during outage: Outage?) -> RequestOrder {
        let draw = user.map { StableDraw(identity: identities[$0], request: number) }
        let behaviour = behaviour(for: user, during: outage, draw: draw?.behaviour ?? 1)
        return RequestOrder(
            user: user,
            number: number,
            behaviour: behaviour,
            name: outage == nil ? behaviour.name : "outage",
            delay: behaviour.delay + (outage == nil ? latency.delay(for: draw?.latency ?? 0) : .zero),
            generation: generation
        )
    }

    /// Forgets the scripts.
    mutating func reset() {
        generation += 1
        scripts = [:]
        scriptForAll = nil
    }

    private mutating func behaviour(for user: Int?, during outage: Outage?, draw: Double) -> Behaviour {
        switch outage {
        case .status(let code): return .status(code, .json)
        case .refuse: return .closeWithoutAnswer
        case nil: break
        }
        if let user, let behaviour = scripts[user]?.next() { return behaviour }
        return scriptForAll?.next() ?? shares.behaviour(for: draw)
    }
}

/// What was decided about one request when it arrived.
struct RequestOrder: Sendable {
    /// Nil if the user is unknown.
    let user: Int?
    /// 1 for the user's first request.
    let number: Int
    let behaviour: Behaviour
    /// The name of the behaviour; `outage` during one.
    let name: String
    /// The time from the request to the reaction.
    let delay: Duration
    let generation: Int
}
