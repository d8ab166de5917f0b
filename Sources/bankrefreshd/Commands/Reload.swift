import ArgumentParser
import ControlPlane
import Glibc
import RefreshDaemon

struct Reload: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Apply the configuration now, or say why it is refused.",
        discussion: """
            Returns when the daemon has applied the new configuration, or has refused it and kept the old one (exit \
            code 78). systemctl reload bankrefreshd does the same.

              bankrefreshd check-config && bankrefreshd reload
            """)

    @OptionGroup var common: CommonOptions

    func run() async throws {
        // systemd ends ExecReload='s command when it stops the service, and would take an end by the signal for a failure
        // of the service.
        signal(SIGTERM) { _ in _exit(0) }
        let report = try await common.daemon().perform(ReloadConfiguration())
        if common.json { return StandardOutput.write(try JSONText.of(report)) }
        if report.changes.isEmpty { StandardOutput.write("nothing changed\n") }
        for change in report.changes { StandardOutput.write("\(Self.shown(change))\n") }
        for group in report.unknownGroups { StandardError.write("bankrefreshd: \(group.remark)\n") }
        for change in report.needRestart {
            StandardOutput.write("\(Self.shown(change)) (takes effect after a restart)\n")
        }
    }

    private static func shown(_ change: String) -> String {
        LocaleEncoding.isUTF8 ? change : change.replacing(" → ", with: " -> ")
    }
}
