/// What the transport saw of one call.
enum Exchange: Sendable {
    case answered(HTTPAnswer)
    case failed(TransportFailure)
}
