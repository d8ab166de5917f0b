package import RefreshCore

extension TightClient: TokenRenewing {
    /// A renewal that is cancelled before its request was written is `failed(.unavailable)`: nothing was traded.
    ///
    /// Without credentials nothing is renewed.
    package func renew(_ grant: TokenGrant) async -> RenewalAnswer {
        guard let credentials else { return .failed(.misconfigured(.renewalRefused(status: 401))) }
        let request = RenewalRequest(grant, credentials: credentials)
        let result = await exchange(request.call)
        return RenewalMapping.answer(to: result, for: request, now: now())
    }
}
