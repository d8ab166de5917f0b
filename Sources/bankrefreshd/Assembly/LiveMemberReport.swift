import RefreshConfiguration
import RefreshCore
import Synchronization
import TokenVault

/// What this daemon tells the others of its store of its settings and keys; a reload changes it.
final class LiveMemberReport: LivePart {
    private let settings: Mutex<[String: String]>
    private let vault: LiveVault

    init(_ configuration: Configuration, vault: LiveVault) {
        settings = Mutex(configuration.sharedSettings)
        self.vault = vault
    }

    var report: MemberReport {
        MemberReport(keys: vault.keys.ids.map(\.description), settings: settings.withLock { $0 })
    }

    func prepare(_ configuration: Configuration) -> PreparedChange {
        let shared = configuration.sharedSettings
        return PreparedChange { [self] in settings.withLock { $0 = shared } }
    }
}
