import Host
import RefreshConfiguration

extension RefreshedEntries {
    init(_ settings: LogSettings) {
        self =
            switch settings.refreshed {
            case .each: .each
            case .summary: .summary(every: settings.summaryInterval)
            }
    }
}
