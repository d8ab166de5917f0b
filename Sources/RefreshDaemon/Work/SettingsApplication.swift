import RefreshCore
import Synchronization

/// Puts settings in force in every part of the work that follows them.
struct SettingsApplication: Sendable {
    let settings: LiveSettings
    let gate: AdmissionGate
    let rewriting: RewriteWish
    let reloads: ReloadMemory
    let time: any Timekeeping

    func put(_ new: DaemonSettings, isFromFile: Bool) {
        let old = settings.replace(with: new, isFromFile: isFromFile)
        // An operator who reloads wants suspended calls to be tried again.
        if isFromFile || old.admission != new.admission { gate.configure(new.admission) }
        if old.policies.standard != new.policies.standard || old.policies.groups != new.policies.groups {
            rewriting.send()
        }
    }
}

/// The request to recompute every user's schedule before the next lease.
final class RewriteWish: Sendable {
    /// Open at the start too: the rules may have changed while no daemon ran.
    private let isOpen = Mutex(true)
    private let wakeSignal: WakeSignal

    /// `wakeSignal` is the scheduler's, which takes the request.
    init(_ wakeSignal: WakeSignal) {
        self.wakeSignal = wakeSignal
    }

    func send() {
        isOpen.withLock { $0 = true }
        wakeSignal.send()
    }

    func take() -> Bool {
        isOpen.withLock { isOpen in
            defer { isOpen = false }
            return isOpen
        }
    }

    /// Reopens a request that failed; a signal here would end the pause before the retry.
    func putBack() { isOpen.withLock { $0 = true } }
}
