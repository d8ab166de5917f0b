package import RefreshCore

/// Why an operation could not be done, as its caller has to know it.
package enum OperationProblem: Error, Equatable, Sendable {
    case noSuchUser(UserID)
    /// Another user has that id already.
    case userExists(UserID)
    /// The user is being called or its token renewed; in a moment it is not.
    case inFlight(UserID)
    /// Only a running daemon can do this.
    case daemonNotRunning
    /// The daemon is ending and takes no more work.
    case stopping
    /// The configuration file was refused; every problem, one text each. The old configuration is in force.
    case configurationRefused([String])
    case badRequest(String)
    case store(StoreProblem)
    /// What went wrong, without secrets, where none of the others fits.
    case failed(String)
}
