import ArgumentParser
import Host
import RefreshCore
import RefreshDaemon

struct StoreReopen: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "reopen",
        abstract: "Work again with a store that was copied to another one.",
        discussion: """
            For a copy that was begun and is not wanted, and for a move to a store that is lost. To undo a move to a store \
            that is there, copy the users back: bankrefreshd store copy; nothing is lost then. A copy that is not complete \
            stays closed; a later store copy starts it over. After a complete move, what was done in the other store \
            is unknown here: every user counts as called now and waits for the minimum interval. Let no daemon use the \
            other store any more: it would call the same users.

              bankrefreshd store reopen
            """)

    @OptionGroup var common: CommonOptions

    func run() async throws {
        let configuration = try common.file.load()
        let location = try MovableStore.Location(configuration, file: common.file.path)
        // A running daemon uses the other store and would call the same users.
        try StoreOpening.checkNoDaemon(configuration, any: true)
        try MovableStore.assumeOwner(of: location)
        let store = try await MovableStore.open(location)
        let report = try await store.closing { try await StoreReopening(store, time: WallClock()).run() }
        let summary = ReopeningSummary(report, store: location.address)
        StandardOutput.write(common.json ? try JSONText.of(summary) : summary.text())
    }
}

struct ReopeningSummary: Encodable {
    let store: String
    let wasClosed: Bool
    /// The store to which the users were moved, or were to be moved.
    let other: String?
    /// When the move was completed; nil if it was not.
    let movedAt: Timestamp?
    let calledAt: Timestamp?

    init(_ report: StoreReopening.Report, store: String) {
        self.store = store
        wasClosed = report.departure != nil
        other = report.departure?.to
        movedAt = report.departure?.leftAt
        calledAt = report.calledAt
    }

    func text() -> String {
        guard let other else { return "the store \(store) is open; nothing was done\n" }
        var lines = ["the store \(store) can be used again"]
        if let movedAt, let calledAt {
            lines.append("what was done in \(other) since \(movedAt) is unknown here")
            lines.append("every user counts as called at \(calledAt) and waits for the minimum interval")
            lines.append("let no daemon use \(other) any more: it would call the same users")
        } else {
            lines.append("the copy in \(other) stays closed; store copy starts it over")
        }
        return (lines + ["next: systemctl start bankrefreshd"]).joined(separator: "\n") + "\n"
    }
}
