import RefreshCore

/// What an answer to a call without a token says of the way it took.
struct JudgedAnswer: Equatable {
    let state: ConnectionHop.State
    let text: String

    init(_ answer: HTTPAnswer) {
        (state, text) =
            switch answer.status {
            case 400 where answer.asksForClientCertificate:
                (.misconfigured, Misconfiguration.clientCertificateRequired.text)
            case 401: (.good, "as it should be without a token")
            case 403:
                (
                    .misconfigured,
                    "something refuses this machine, or every call without a token: ask Tight, or look at"
                        + " the firewall or gateway in between"
                )
            case 429: (.noted, "the way is open, and the API asks to be called less often")
            case 200..<300:
                (
                    .misconfigured,
                    "without a token Tight answers 401: what answers here is something else, or adds a"
                        + " token of its own: check api.baseURL"
                )
            case 300..<400: (.misconfigured, "a redirect, which is never followed: check api.baseURL")
            case 400..<500: (.misconfigured, "is api.baseURL right?")
            default: (.unavailable, "the API, or a gateway before it, is not well")
            }
    }
}
