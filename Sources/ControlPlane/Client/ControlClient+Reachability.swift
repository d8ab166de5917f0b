import Glibc

extension ControlClient {
    /// The process that listens; nil where none does.
    package var listener: Int32? { UnixConnection.listener(path: exchange.socketPath) }

    /// Connects once to see whether a daemon listens; nil when one does.
    package func whyUnreachable() -> ControlUnreachable? {
        switch UnixConnection.probe(path: exchange.socketPath) {
        case .live: nil
        case .stale: .refused(exchange.socketPath)
        case .refused(ENOENT), .refused(ENOTDIR): .noSocket(exchange.socketPath)
        case .refused: .notAllowed(exchange.socketPath)
        }
    }
}
