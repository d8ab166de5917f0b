import HTTPTypes

extension WireProblem {
    /// The HTTP status that goes with the problem.
    var status: HTTPResponse.Status {
        switch code {
        case .noSuchUser, .noSuchRoute: .notFound
        case .userExists, .inFlight: .conflict
        case .methodNotAllowed: .methodNotAllowed
        case .badRequest: .badRequest
        case .tooLarge: .contentTooLarge
        case .timeout: .requestTimeout
        case .configurationRefused: .unprocessableContent
        case .stopping, .daemonNotRunning: .serviceUnavailable
        case .store:
            store?.kind == .full
                ? .init(code: 507, reasonPhrase: "Insufficient Storage") : .serviceUnavailable
        case .failed: .internalServerError
        }
    }
}
