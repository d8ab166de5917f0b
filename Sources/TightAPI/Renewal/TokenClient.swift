package import RefreshCore

/// Renews tokens over the connections of a `TightClient`, to its host alone: one request per renewal.
package struct TokenClient: TokenRenewing {
    private let client: TightClient
    private let credentials: ClientCredentials
    private let now: @Sendable () -> Timestamp

    /// `now` is the wall clock, for answers that do not say when their tokens were issued.
    package init(
        sharing client: TightClient,
        credentials: ClientCredentials,
        now: @escaping @Sendable () -> Timestamp
    ) {
        self.client = client
        self.credentials = credentials
        self.now = now
    }

    /// A renewal that is cancelled before its request was written is `failed(.unavailable)`: nothing was traded.
    package func renew(_ grant: TokenGrant) async -> RenewalAnswer {
        let request = RenewalRequest(grant, credentials: credentials)
        let exchange = await client.exchange(request.call)
        return RenewalMapping.answer(to: exchange, for: request, now: now())
    }
}
