package import RefreshCore

extension UserReport {
    /// The state in words, with what a user is parked for: "parked: refused: HTTP 404".
    package var standing: String { Self.standing(state, parkReason, lastHTTPStatus: lastHTTPStatus) }

    package static func standing(_ state: UserState.Kind, _ parkReason: ParkReason?, lastHTTPStatus: Int?) -> String {
        guard let parkReason else { return state.rawValue }
        let status = parkReason == .refused ? lastHTTPStatus.map { ": HTTP \($0)" } ?? "" : ""
        return "\(state.rawValue): \(parkReason.rawValue)\(status)"
    }
}
