import Foundation
import Glibc
import Testing

@Suite struct UnitFileTests {
    private static let path = "\(packageRoot)/systemd/bankrefreshd.service"

    private func lines() throws -> [String] {
        try String(contentsOfFile: Self.path, encoding: .utf8)
            .split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
    }

    @Test func `systemd-analyze verify finds nothing but the missing binary`() throws {
        let verify = try Tool("/usr/bin/systemd-analyze", ["verify", "--man=no", Self.path])
        let complaints = verify.errors.split(separator: "\n")
            .filter { !$0.contains("/usr/bin/bankrefreshd is not executable") }
        #expect(complaints.isEmpty)
    }

    @Test func `verify would tell of a mistake`() throws {
        let directory = try TemporaryDirectory()
        let broken = try lines().map { $0 == "ProtectClock=yes" ? "ProtectClok=yes" : $0 }.joined(
            separator: "\n"
        )
        let path = try directory.file("bankrefreshd.service", broken.utf8)
        #expect(
            try Tool("/usr/bin/systemd-analyze", ["verify", "--man=no", path]).errors.contains("ProtectClok")
        )
    }

    @Test func `the exposure is at most 1,1`() throws {
        let security = try Tool(
            "/usr/bin/systemd-analyze",
            ["security", "--no-pager", "--offline=yes", "--threshold=11", Self.path]
        )
        #expect(security.status == 0, "\(security.output.suffix(100))")
    }

    @Test func `every block of directives has its reason above it`() throws {
        var previous = ""
        for line in try lines() {
            let isDirective = !line.isEmpty && !line.hasPrefix("#") && !line.hasPrefix("[")
            if isDirective {
                #expect(!previous.isEmpty, "\(line)")
            }
            previous = line
        }
    }

    @Test(arguments: [
        "Type=notify", "NotifyAccess=main", "ExecReload=/usr/bin/bankrefreshd reload", "LimitCORE=1",
    ])
    func `holds what the daemon relies on`(directive: String) throws {
        #expect(try lines().contains(directive))
    }

    /// systemd 252 takes them for "not set".
    @Test func `log limits are numbers above zero`() throws {
        for name in ["LogRateLimitIntervalSec=", "LogRateLimitBurst="] {
            let value = try #require(try lines().first { $0.hasPrefix(name) }).dropFirst(name.count)
            #expect(try #require(Int(value.prefix { $0.isNumber })) > 0)
        }
    }

    @Test func `sysusers and tmpfiles are accepted`() throws {
        let root = try TemporaryDirectory()
        try FileManager.default.createDirectory(atPath: root.path + "/etc", withIntermediateDirectories: true)
        let users = try Tool(
            "/usr/bin/systemd-sysusers",
            ["--root=\(root.path)", "\(packageRoot)/systemd/bankrefreshd.sysusers"]
        )
        #expect(users.status == 0, "\(users.errors)")
        let accounts = try String(contentsOfFile: root.path + "/etc/passwd", encoding: .utf8)
        #expect(accounts.contains("bankrefreshd:x:"))
        let account = try #require(accounts.split(separator: "\n").first { $0.hasPrefix("bankrefreshd:") })
        let fields = account.split(separator: ":", omittingEmptySubsequences: false)
        let owner = try #require(fields.count > 2 ? UInt32(fields[2]) : nil)
        // A key file that the daemon reads itself, opened to others by mistake.
        try FileManager.default.createDirectory(
            atPath: root.path + "/etc/bankrefreshd", withIntermediateDirectories: true)
        let key = try root.file("etc/bankrefreshd/store-key", "key".utf8, mode: 0o644)
        try #require(chown(key, owner, owner) == 0, "this test gives a file away: run it as root")
        let files = try Tool(
            "/usr/bin/systemd-tmpfiles",
            ["--root=\(root.path)", "--create", "\(packageRoot)/systemd/bankrefreshd.tmpfiles"]
        )
        #expect(files.status == 0, "\(files.errors)")
        let state = try FileManager.default.attributesOfItem(atPath: root.path + "/var/lib/bankrefreshd")
        #expect(state[.posixPermissions] as? Int == 0o700)
        var status = stat()
        try #require(stat(key, &status) == 0)
        #expect(status.st_uid == owner)
        #expect(status.st_mode & 0o7777 == 0o600)
    }
}
