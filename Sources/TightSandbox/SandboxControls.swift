/// What can be done to a running sandbox, from Swift and from the admin interface alike.
struct SandboxControls: Sendable {
    let ledger: CallLedger
    let tokens: TokenLedger
    let listener: CallListener

    func set(_ outage: Outage?) async throws {
        ledger.set(outage)
        if outage == .refuse { await listener.close() } else { try await listener.open() }
    }

    func reset() async throws {
        ledger.reset()
        tokens.reset()
        try await listener.open()
    }
}
