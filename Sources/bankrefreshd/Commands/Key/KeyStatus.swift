import ArgumentParser
import RefreshCore
import RefreshDaemon

struct KeyStatus: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "status",
        abstract: "Show how many tokens each key encrypts.",
        discussion: """
            Reads the whole store: about a second for a million users.

              bankrefreshd key status
              bankrefreshd key status --json | jq .resealing
            """)

    @OptionGroup var common: CommonOptions

    func run() async throws {
        let report = try await common.withOperations { try await $0.perform(CountKeyUsage()) }
        StandardOutput.write(common.json ? try JSONText.of(report) : Self.text(report))
    }

    static func text(_ report: KeyReport) -> String {
        var table = Table("KEY", "TOKENS", "")
        for key in report.keys {
            table.add([
                Table.Cell(key.id), Table.Cell(key.tokens.map(String.init) ?? "-"), Table.Cell(remark(on: key, report)),
            ])
        }
        var text = table.text(width: nil)
        if let resealing = report.resealing {
            text += "re-encrypting: \(Int(resealing.share * 100)) % done\n"
        }
        if let failure = report.failure { text += "re-encryption was interrupted and will be retried: \(failure)\n" }
        if let count = report.givenUp, count > 0 {
            text += "\(count.counted("token")) given up with a lost key: bankrefreshd users import brings new ones\n"
        }
        if let count = report.unreadable, count > 0 { text += "\(count.counted("token")) in no known form\n" }
        return text
    }

    private static func remark(on key: KeyReport.Key, _ report: KeyReport) -> String {
        if key.seals { return "encrypts new tokens" }
        if !key.isAtHand { return "not at hand" }
        return key.tokens == 0 && report.resealing == nil ? "not needed: bankrefreshd key prune" : "opens"
    }
}
