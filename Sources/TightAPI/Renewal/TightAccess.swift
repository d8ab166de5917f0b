package import RefreshCore

/// Calls and renewals over the connections of one client.
package struct TightAccess: BankRefreshing, TokenRenewing {
    package let client: TightClient
    private let tokens: TokenClient?

    /// Without credentials nothing is renewed.
    package init(
        client: TightClient, credentials: ClientCredentials?, now: @escaping @Sendable () -> Timestamp
    ) {
        self.client = client
        tokens = credentials.map { TokenClient(sharing: client, credentials: $0, now: now) }
    }

    package func refresh(_ token: AccessToken) async -> RefreshAnswer {
        await client.refresh(token)
    }

    package var executor: (any TaskExecutor)? { client.executor }

    package func renew(_ grant: TokenGrant) async -> RenewalAnswer {
        guard let tokens else { return .failed(.misconfigured(.renewalRefused(status: 401))) }
        return await tokens.renew(grant)
    }
}
