import ArgumentParser
import Glibc
import Host
import RefreshCore
import RefreshDaemon

struct Reload: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Apply the configuration now, or say why it is refused.",
        discussion: """
            Returns when the daemon has applied the new configuration, or has refused it and kept the old one (exit \
            code 78). systemctl reload bankrefreshd does the same.

            If daemons share the store, they follow the same rules and limits. What changed in the file since the daemon \
            last read it becomes the setting of all. With --publish, everything in the file does that concerns all of \
            them: for a file that was changed before the daemon started. The command returns when all daemons follow, \
            or names those that do not after 10 seconds; they make no calls until they do. Daemons of an older version, \
            which follow their own files, are named as well.

              bankrefreshd check-config && bankrefreshd reload
              bankrefreshd reload --publish
            """)

    @OptionGroup var common: CommonOptions

    @Flag(help: "Put everything in the file that concerns all daemons of the store in force on all of them.")
    var publish = false

    func run() async throws {
        // systemd ends the command of ExecReload= when it stops the service, and would count an end by the signal as a
        // failure of the service.
        signal(SIGTERM) { _ in _exit(0) }
        let report = try await reload()
        if common.json { return StandardOutput.write(try JSONText.of(report)) }
        if report.changes.isEmpty, report.published.isEmpty { StandardOutput.write("nothing changed\n") }
        for change in report.changes { StandardOutput.write("\(Self.shown(change))\n") }
        if !report.published.isEmpty {
            StandardOutput.write(
                report.pending.isEmpty && report.older.isEmpty
                    ? "published: all daemons of the store follow these settings\n" : "published\n")
        }
        for name in report.pending {
            Remark.write("\(name) has not applied the settings yet, and makes no calls until it does")
        }
        for name in report.older {
            Remark.write("\(name) has an older version, which follows its own file until it is upgraded")
        }
        if !report.differences.isEmpty {
            Remark.write(
                "\(report.differences.sentence()), which is in force\n  to put this file in force on all hosts: "
                    + "bankrefreshd reload --publish")
        }
        for group in report.unknownGroups { Remark.write(group.remark) }
        for change in report.needRestart {
            StandardOutput.write("\(Self.shown(change)) (takes effect after a restart)\n")
        }
    }

    private func reload() async throws -> ReloadConfiguration.Answer {
        do {
            return try await common.daemon().perform(ReloadConfiguration(publish: publish ? true : nil))
        } catch {
            // systemd sets MAINPID for the command of ExecReload=. It stops the daemon first and this command right
            // after: if the daemon is gone or stopping, the signal may be on its way.
            let isDaemonAway = [.unreachable, .tryLater].contains(CommandFailure(describing: error).exit)
            if isDaemonAway, ProcessEnvironment.value("MAINPID") != nil { try await Task.sleep(for: .seconds(1)) }
            throw error
        }
    }

    private static func shown(_ change: String) -> String {
        LocaleEncoding.isUTF8 ? change : change.replacing(" → ", with: " -> ")
    }
}
