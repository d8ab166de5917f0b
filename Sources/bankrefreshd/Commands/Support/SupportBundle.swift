import ArgumentParser
import RefreshCore

struct SupportBundle: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "bundle",
        abstract: "Write one file with what support needs: configuration, status, versions, unit and warnings.",
        discussion: """
            The file is a new tar archive that only its maker can read; by default \
            bankrefreshd-support-TIME.tar in this directory. With - the archive goes to standard output. It holds no \
            token and no key. Users are numbered, not named, and what Tight said of them is left out, unless you give \
            --with-users. README.txt in it says what could not be collected. Look through the archive before you send it.

            Run it as root, with or without a running daemon: other users may not read all of the journal.

              bankrefreshd support bundle
              bankrefreshd support bundle - | age -r RECIPIENT > bundle.tar.age
            """)

    @OptionGroup var common: CommonOptions

    @Flag(help: "Name users, and what Tight said of them.")
    var withUsers = false

    @Argument(help: ArgumentHelp("The file to make, or - for standard output.", valueName: "file"), completion: .file())
    var target: String?

    func run() async throws {
        let moment = Calendar.now
        let name = "bankrefreshd-support-\(moment.description.filter { $0 != ":" && $0 != "-" })"
        if target == "-" { return try await writeOut(name, at: moment) }
        try writeFile(target ?? "\(name).tar")
    }

    /// Collects in another process: opening the store as root gives up the rights that the file may need.
    private func writeFile(_ path: String) throws {
        let file = try ClearTextFile(path)
        var summary: Summary = try file.fill(
            by: ["support", "bundle", "-"] + (withUsers ? ["--with-users"] : []), common)
        summary.path = path
        StandardOutput.write(try common.line(summary, summary.text(namesUsers: withUsers)))
    }

    private func writeOut(_ name: String, at moment: Timestamp) async throws {
        guard !StandardOutput.isTerminal else {
            throw CommandFailure(
                .usage, "the archive would be shown on the terminal", remedy: "name a file, or a program after |")
        }
        var contents = BundleContents(common: common, withUsers: withUsers, moment: moment)
        await contents.collect()
        var archive = TarArchive(moment: moment)
        for (file, text) in contents.files { archive.add("\(name)/\(file)", Array(text.utf8)) }
        let bytes = archive.bytes
        StandardOutput.write(bytes)
        let summary = Summary(
            bytes: bytes.count, files: contents.files.map(\.name), notCollected: contents.missing)
        StandardError.write(try common.line(summary, summary.text(namesUsers: withUsers)))
    }

    private struct Summary: Codable {
        /// Nil for standard output.
        var path: String?
        let bytes: Int
        let files: [String]
        let notCollected: [String]

        func text(namesUsers: Bool) -> String {
            var lines = ["\(path.map { "\($0): " } ?? "")\(files.count.counted("file")), \(Int64(bytes).bytesText)"]
            lines += notCollected.map { "not collected: \($0)" }
            let users = namesUsers ? "it names users" : "users are numbered, not named"
            lines.append("\(users); look through it before you send it")
            return lines.joined(separator: "\n") + "\n"
        }
    }
}
