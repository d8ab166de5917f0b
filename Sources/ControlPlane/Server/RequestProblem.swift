/// Why a request's body was not taken, before anyone looked into it.
enum RequestProblem: Error, Equatable {
    case tooLarge(limit: Int)
    case tooSlow(limit: Duration)
    /// The client stopped in the middle.
    case brokenOff
}
