import RefreshDaemon
import ServiceLifecycle

/// Tells of imports, those too that break off.
struct ImportsService: Service {
    let imports: ImportLedger

    func run() async throws {
        await cancelWhenGracefulShutdown { await imports.run() }
    }
}
