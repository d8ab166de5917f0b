/// The result of one call, as the transport saw it.
enum Exchange: Sendable {
    case answered(HTTPAnswer)
    case failed(TransportFailure)
}
