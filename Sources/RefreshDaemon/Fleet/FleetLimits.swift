import RefreshCore
import Synchronization

/// Keeps a member's throttling and breaker in step with those of the fleet.
final class FleetLimits: Sendable {
    /// How long the right to probe holds, renewed at each beat; if its holder dies, no member probes for this long.
    private static let probing = Duration.seconds(15)

    private struct State {
        /// The server that answered the latest beat.
        var server: String?
        /// The wait of all calls that the fleet knows of, whichever member reported it.
        var commonWait: Throttling.Pause?
        /// The opening of this member's breaker that the fleet was told of, or that belongs to an outage it knew of.
        var toldOpening: Breaker.Opening?
        var isProber = false
        /// Whether this member heard nothing from Tight when it opened its breaker, even if the fleet's replaced that.
        var wasSilent = false
    }

    private let state = Mutex(State())
    private let fleet: any FleetSharing
    private let calendar: SharedCalendar
    private let gate: AdmissionGate
    private let wakeSignal: WakeSignal

    /// `wakeSignal` is the scheduler's: sent when this member may probe.
    init(fleet: any FleetSharing, calendar: SharedCalendar, gate: AdmissionGate, wakeSignal: WakeSignal) {
        self.fleet = fleet
        self.calendar = calendar
        self.gate = gate
        self.wakeSignal = wakeSignal
    }

    /// Whether this member hears nothing from Tight, as far as it knows.
    var hearsNothing: Bool { state.withLock(\.wasSilent) || gate.breaker.opening?.cause.isOfSilence ?? false }

    /// Applies what a beat found, and tells the fleet what it does not know; throws what the store throws.
    ///
    /// `mayProbe` says whether this member makes calls at all: one that starts or stops, or lacks settings, does not.
    func follow(_ found: FleetState, mayProbe: Bool) async throws(StoreProblem) {
        try await followThrottling(found)
        try await followBreaker(found, mayProbe)
    }

    // MARK: Throttling

    /// A wait that one member was asked for applies to all, and so does an operator's request to end it early.
    private func followThrottling(_ found: FleetState) async throws(StoreProblem) {
        let now = calendar.now
        // Another server may lack a wait that no operator ended there.
        state.withLock { state in
            if let server = state.server, server != found.server { state.commonWait = nil }
            state.server = found.server
        }
        // This member's own wait restarts if the calendar was set back.
        gate.passTime()
        if let theirs = found.throttling, theirs.at > found.calendar {
            // A wait from before that step would last longer by the step, here and for all claims.
            let anew =
                gate.throttlingPause
                ?? Throttling.Pause(at: now, length: theirs.length, users: theirs.users, wasAsked: theirs.wasAsked)
            gate.throttle(byFleet: anew)
            try await fleet.throttle(anew)
            return state.withLock { $0.commonWait = anew }
        }
        let own = gate.throttlingPause.flatMap { $0.until > now ? $0 : nil }
        let theirs = found.throttling.flatMap { $0.until > now ? $0 : nil }
        if let common = state.withLock(\.commonWait), common.until > now, own == nil || theirs == nil {
            if own != nil { gate.endThrottling() }
            if theirs != nil { try await fleet.endThrottling() }
            return state.withLock { $0.commonWait = nil }
        }
        if let theirs, own.map({ $0.until < theirs.until }) ?? true {
            gate.throttle(byFleet: theirs)
        } else if let own, theirs.map({ $0.until < own.until }) ?? true {
            try await fleet.throttle(own)
        }
        state.withLock { $0.commonWait = [own, theirs].compactMap(\.self).max { $0.until < $1.until } }
    }

    // MARK: The breaker

    private func followBreaker(_ found: FleetState, _ mayProbe: Bool) async throws(StoreProblem) {
        let own = gate.breaker
        if let theirs = found.breaker {
            try await obey(theirs, found, own, mayProbe)
        } else {
            try await tell(own, found)
        }
    }

    /// The fleet's breaker is open: no member calls, except one that probes once its pause is over.
    private func obey(
        _ theirs: Breaker.Opening, _ found: FleetState, _ own: Breaker.State, _ mayProbe: Bool
    ) async throws(StoreProblem) {
        if let cause = own.opening?.cause, !cause.isOfFleet { state.withLock { $0.wasSilent = cause.isOfSilence } }
        if case .open(let opening) = own, !opening.cause.isOfFleet, !opening.cause.isOfSilence {
            // An opening of the same outage: the probes of any member end it too.
            state.withLock { $0.toldOpening = opening }
        }
        let wasProber = state.withLock { $0.isProber }
        if wasProber {
            // The result of this member's probes decides for the fleet.
            switch own {
            case .closed:
                try await fleet.closeBreaker()
                return endProbing()
            case .open(let opening) where opening.at >= theirs.until:
                try await fleet.openBreaker(opening)
                return endProbing()
            case .open, .probing: break
            }
        }
        if !wasProber { gate.openByFleet(theirs) }
        guard calendar.now >= theirs.until else { return }
        guard mayProbe else {
            // Its right lapses soon, for others to take.
            if wasProber { endProbing() }
            return
        }
        guard wasProber || (found.prober == nil && isFitToProbe(own, found)) else { return }
        let isProber = try await fleet.probe(for: Self.probing)
        state.withLock { $0.isProber = isProber }
        gate.letProbe(isProber)
        if isProber { wakeSignal.send() }
    }

    /// Whether this member would probe now, and its probes would show more than that it is cut off by itself.
    private func isFitToProbe(_ own: Breaker.State, _ found: FleetState) -> Bool {
        guard let opening = own.opening else { return true }
        if case .open = own, opening.until > calendar.now { return false }
        guard state.withLock(\.wasSilent) else { return true }
        // Who follows other settings makes no calls, and hears nothing of it.
        return found.living.allSatisfy { other in
            other.id == found.member || other.report.hearsNothing
                || other.report.settingsVersion != found.settingsVersion
        }
    }

    private func endProbing() {
        state.withLock { $0.isProber = false }
        gate.letProbe(false)
    }

    /// The fleet's breaker is closed: this member's may have to open it, or was open on behalf of others.
    private func tell(_ own: Breaker.State, _ found: FleetState) async throws(StoreProblem) {
        state.withLock { $0.isProber = false }
        gate.letProbe(true)
        guard case .open(let opening) = own else {
            if own.opening?.cause.isOfFleet ?? false { gate.closeByFleet() }
            return state.withLock { state in
                state.toldOpening = nil
                state.wasSilent = false
            }
        }
        if opening.cause.isOfFleet || state.withLock({ $0.toldOpening == opening }) {
            state.withLock { $0.wasSilent = false }
            return gate.closeByFleet()
        }
        // A member that hears nothing may itself be cut off, while others go on calling.
        let cutOff = found.living.filter { $0.id != found.member && $0.report.hearsNothing }.count
        if opening.cause.isOfSilence, found.living.count > 1, cutOff == 0 { return }
        try await fleet.openBreaker(opening)
        state.withLock { $0.toldOpening = opening }
        gate.letProbe(false)
    }
}
