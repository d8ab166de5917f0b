/// Why no daemon answered over the control socket.
package enum ControlUnreachable: Error, Equatable, Sendable {
    /// There is no such file: no daemon runs, or it uses another path.
    case noSocket(String)
    /// The file is there, nobody listens: the daemon ended or is just stopping.
    case refused(String)
    /// This user may not connect.
    case notAllowed(String)
    /// The connection was made, and no whole answer came: in time, or before it broke. The request may have been done.
    case noAnswer(String)
    /// Something answered that is no control API of this version.
    case protocolMismatch(String)
}

extension ControlUnreachable: CustomStringConvertible {
    package var description: String {
        switch self {
        case .noSocket(let path):
            "no daemon is reachable: there is no socket \(path); start it with: systemctl start bankrefreshd"
        case .refused(let path):
            "no daemon is reachable: no process listens on \(path); start it with: systemctl start bankrefreshd"
        case .notAllowed(let path):
            "no permission to connect to \(path); become root, or join the group that the socket belongs to"
        case .noAnswer(let path):
            "the daemon behind \(path) did not answer; it may have done what was asked: check with bankrefreshd status"
        case .protocolMismatch(let path):
            "the process that listens on \(path) does not speak this version's control API; are daemon and command of "
                + "the same version?"
        }
    }
}
