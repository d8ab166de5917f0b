import RefreshCore

/// What an answer to a call without a token says about the path.
struct JudgedAnswer: Equatable {
    let state: ConnectionHop.State
    let text: String

    init(_ answer: HTTPAnswer) {
        (state, text) =
            switch answer.status {
            case 400 where answer.asksForClientCertificate:
                (.misconfigured, Misconfiguration.clientCertificateRequired.text)
            case 401: (.good, "as expected without a token")
            case 403:
                (
                    .misconfigured,
                    "this machine, or every call without a token, is refused: ask Tight, or check the firewall or "
                        + "gateway in between"
                )
            case 429: (.noted, "the path is open, and the API asks to call less often")
            case 200..<300:
                (
                    .misconfigured,
                    "without a token Tight answers 401: another server answers here, or it adds a token of its own: "
                        + "check api.baseURL"
                )
            case 300..<400: (.misconfigured, "a redirect, which is never followed: check api.baseURL")
            case 400..<500: (.misconfigured, "is api.baseURL right?")
            default: (.unavailable, "the API, or a gateway in front of it, is failing")
            }
    }
}
