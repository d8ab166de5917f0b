/// The result of one call, as the transport saw it.
enum TransportResult: Sendable {
    case answered(HTTPAnswer)
    case failed(TransportFailure)
}
