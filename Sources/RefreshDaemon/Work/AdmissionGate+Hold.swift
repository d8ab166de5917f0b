import RefreshCore

extension AdmissionGate {
    /// What holds up every call.
    struct Hold: Equatable {
        let reason: String
        /// Nil where it does not end by itself, or it cannot be told when.
        let until: Timestamp?
    }

    /// Nil when calls begin as the limits allow.
    var hold: Hold? {
        if let pause = fleetPause { return Hold(reason: "all calls are paused", until: pause.until) }
        if let pause = throttlingPause { return Hold(reason: "Tight asks to call less often", until: pause.until) }
        switch breaker {
        case .closed: return nil
        case .open(let opening):
            return Hold(reason: "the API is failing and the breaker is open", until: opening.until)
        case .probing: return Hold(reason: "the API is failing and is being probed", until: nil)
        }
    }
}
