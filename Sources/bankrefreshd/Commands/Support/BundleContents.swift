import RefreshConfiguration
import RefreshCore
import RefreshDaemon

/// Collects the content of a bundle; anything unavailable is noted, and the rest is still collected.
struct BundleContents {
    let common: CommonOptions
    let withUsers: Bool
    let moment: Timestamp

    private(set) var files: [(name: String, text: String)] = []
    /// What is missing, and why.
    private(set) var missing: [String] = []

    /// Collects everything; the last step gives up root's rights if it must open the store because no daemon runs.
    mutating func collect() async {
        files.append(("versions.txt", BundleFacts.versions()))
        let unit = BundleFacts.unit()
        if unit == nil { missing.append("unit.txt: no systemd runs here") }
        var journal: JournalExcerpt?
        do { journal = try .read() } catch { missing.append("journal.ndjson: \(reason(error))") }
        await collectConfiguration()
        var health: JSONTree?
        do { health = try JSONTree(try await common.daemon().perform(ReadHealth())) } catch {
            missing.append("health.json: \(reason(error))")
        }
        var status: JSONTree?
        var pseudonyms = Pseudonyms()
        journal?.userIDs.forEach { pseudonyms.add($0) }
        if !withUsers { journal?.dropTextsOfOthers() }
        do {
            var texts = journal.map { $0.records.flatMap { $0.values.flatMap(\.texts) } } ?? []
            if let unit { texts.append(unit.status) }
            if let health { texts += health.texts }
            let (withUsers, said) = (withUsers, texts)
            let (report, named) = try await common.withOperations { operations in
                let report = try JSONTree(try await operations.perform(ReadStatus()))
                return (report, withUsers ? [] : try await Self.ids(in: said + report.texts, asking: operations))
            }
            status = report
            named.forEach { pseudonyms.add($0) }
        } catch {
            missing.append("status.json: \(reason(error))")
            if !withUsers {
                missing.append(
                    """
                    users that only a text names were not looked for in journal.ndjson, unit.txt and health.json: \
                    look through them
                    """)
            }
        }
        let replacing = { [pseudonyms, withUsers] (text: String) in
            withUsers ? text : pseudonyms.replacing(in: text)
        }
        if let unit { files.append(("unit.txt", unit.mappingStatus(replacing).text)) }
        if let health { add("health.json", health.mappingTexts(replacing)) }
        if let status { add("status.json", status.mappingTexts(replacing)) }
        journal?.mapTexts(replacing)
        if journal?.records.isEmpty == true {
            missing.append(
                "entries: the journal has none of priority warning and above; unless log.format is auto, add the log")
        }
        if let text = try? journal?.text() { files.append(("journal.ndjson", text)) }
        // The reasons for missing parts may name users too.
        missing = missing.map(replacing)
        files.insert(("README.txt", introduction), at: 0)
    }

    private mutating func collectConfiguration() async {
        do throws(ConfigurationProblems) {
            let effective = try ConfigurationLoader.effective(path: common.file.path)
            files.append(("configuration.json", effective.json(file: common.file.path)))
            let store = effective.configuration.store
            if let server = BundleFacts.ServerStore(store) {
                add("store.json", server)
            } else {
                add("store.json", BundleFacts.store(store))
            }
            let conditions = await StartConditions(effective.configuration, file: common.file.path)
            add("check-config.json", Check(problems: conditions.problems, notes: conditions.notes))
        } catch {
            // Problems never contain anything that may be a secret.
            files.append(("check-config.txt", error.text(file: common.file.path)))
            missing.append("configuration.json, store.json: the configuration has problems, see check-config.txt")
        }
    }

    private struct Check: Encodable {
        let problems: [StartConditions.Problem]
        let notes: [String]
    }

    /// The ids of all stored users that one of the texts names.
    private static func ids(in texts: [String], asking operations: any OperationPerforming) async throws -> [String] {
        let candidates = Set(texts).reduce(into: Set<String>()) { $0.formUnion(Pseudonyms.candidates(in: $1)) }
        var named: [String] = []
        var pages = StoredIDs(operations: operations)
        while let ids = try await pages.next() { named += ids.lazy.map(\.rawValue).filter(candidates.contains) }
        return named
    }

    private mutating func add(_ name: String, _ value: some Encodable) {
        if let text = try? JSONText.of(value) { files.append((name, text)) }
    }

    private func reason(_ error: any Error) -> String {
        CommandFailure(describing: error).message.split(separator: "\n").joined(separator: " ")
    }

    private var introduction: String {
        let users =
            withUsers
            ? "Users are named, as --with-users was given."
            : """
            Users are not named: each has a number, the same in the whole bundle. What Tight said of single users is
            left out. Texts that people wrote, such as the reason of a pause, are as they are but for ids.
            """
        return """
            bankrefreshd \(Version.text), support bundle of \(moment)

            The daemon puts no token and no key into it. \(users)
            Look through it before you send it.

            versions.txt        program, SQLite, libpq, kernel, system, memory
            unit.txt            systemctl show, a part of it
            configuration.json  every value in force, and where it comes from
            check-config.json   what bankrefreshd check-config finds
            store.json          files of the store, the head of its database, free space; or its server
            health.json         bankrefreshd health
            status.json         bankrefreshd status
            journal.ndjson      the last \(JournalExcerpt.longest) entries of priority warning and above

            Not collected:
            \(missing.isEmpty ? "nothing is missing" : missing.joined(separator: "\n"))

            """
    }
}
