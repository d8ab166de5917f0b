import Foundation
import RefreshConfiguration
import RefreshCore
import Testing

/// The machine's time zones, held against Foundation's.
struct ZoneDatabaseTests {
    private let zones = ZoneDatabase()

    @Test(arguments: [
        "UTC", "Europe/Berlin", "Europe/Dublin", "America/New_York", "America/St_Johns", "America/Sao_Paulo",
        "America/Nuuk", "Australia/Lord_Howe", "Australia/Sydney", "Africa/Casablanca", "Africa/Cairo",
        "Asia/Kathmandu", "Asia/Gaza", "Asia/Beirut", "Asia/Kolkata", "Asia/Tehran", "Pacific/Apia",
        "Pacific/Chatham", "Pacific/Kiritimati", "Antarctica/Troll", "America/Asuncion", "Etc/GMT+5",
    ])
    func `knows the offset of every hour that Foundation knows`(name: String) throws {
        let rules = try zones.rules(of: name)
        let foundation = try #require(TimeZone(identifier: name))
        var differences: [String] = []
        // Every hour and a half hour's shift, 1990 to 2060: 613,000 moments in each zone.
        let first = try #require(Timestamp(rfc3339: "1990-01-01T00:15:00Z")).microsecondsSinceEpoch / 1_000_000
        let last = try #require(Timestamp(rfc3339: "2060-01-01T00:00:00Z")).microsecondsSinceEpoch / 1_000_000
        for seconds in stride(from: first, to: last, by: 3_600) {
            let moment = Timestamp(secondsSinceEpoch: seconds)
            let expected = foundation.secondsFromGMT(for: Date(timeIntervalSince1970: TimeInterval(seconds)))
            if rules.offset(at: moment) != Int64(expected) { differences.append("\(moment): \(expected)") }
        }
        #expect(differences.isEmpty, "\(differences.prefix(5)) and \(differences.count) in all")
    }

    @Test(arguments: [
        ("europe/berlin", "Europe/Berlin"), ("Europe/Berln", "Europe/Berlin"), ("Berlin", "Europe/Berlin"),
        ("America/New York", "America/New_York"), ("Nowhere/Land-of-Nothing", nil), ("", nil), ("../UTC", nil),
        ("/etc/passwd", nil), ("right/UTC", nil), ("Europe", nil), ("Europe/", nil), ("posix/Europe/Berlin", nil),
    ])
    func `finds the name that was meant where there is no such zone`(name: String, nearest: String?) {
        let problem = #expect(throws: ZoneProblem.self) { _ = try zones.rules(of: name) }
        guard case .unknown(let found) = problem else {
            Issue.record("\(String(describing: problem))")
            return
        }
        if let nearest { #expect(found == nearest) }
    }

    @Test func `tells data that is missing from a name that is wrong`() throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString)
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let zones = ZoneDatabase(directory: folder.path)
        #expect(throws: ZoneProblem.noData(directory: folder.path)) { try zones.rules(of: "UTC") }
        let path = folder.appending(path: "UTC")
        try Data("TZif2, or so it says".utf8).write(to: path)
        #expect(throws: ZoneProblem.unusable(path: path.path, detail: "it is cut short")) { try zones.rules(of: "UTC") }
    }

    @Test func `reads every zone of this machine`() throws {
        let names = zones.names()
        #expect(names.count > 400)
        for name in names {
            #expect(throws: Never.self, "\(name)") { try zones.rules(of: name) }
        }
    }
}
