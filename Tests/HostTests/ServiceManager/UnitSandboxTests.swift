import Foundation
import Testing

@testable import Host

struct UnitSandboxTests {
    /// As `systemctl show` prints the unit as installed, with a path of the operator's own.
    private static let installed = UnitSandbox(
        properties: """
            ProtectHome=yes
            ProtectSystem=strict
            PrivateTmp=yes
            ReadWritePaths=-/srv/bank /mnt/a
            StateDirectory=bankrefreshd
            RuntimeDirectory=bankrefreshd
            CacheDirectory=
            LogsDirectory=
            """)

    @Test(
        arguments: [
            ("/etc/bankrefreshd/config.json", nil),
            ("/home/ann/ca.pem", .hidden(tree: "/home", directive: "ProtectHome=yes")),
            ("/root/config.json", .hidden(tree: "/root", directive: "ProtectHome=yes")),
            ("/run/user/0/x", .hidden(tree: "/run/user", directive: "ProtectHome=yes")),
            ("/tmp/ca.pem", .another(tree: "/tmp", directive: "PrivateTmp=yes")),
            ("/var/tmp/ca.pem", .another(tree: "/var/tmp", directive: "PrivateTmp=yes")),
            ("/homes/ann", nil), ("/rooted", nil),
        ] as [(String, UnitSandbox.Obstacle?)])
    func `tells what is hidden`(path: String, obstacle: UnitSandbox.Obstacle?) {
        #expect(Self.installed.obstacle(reading: path) == obstacle)
        if obstacle != nil { #expect(Self.installed.obstacle(writing: path) == obstacle) }
    }

    @Test(
        arguments: [
            ("/var/lib/bankrefreshd", nil), ("/var/lib/bankrefreshd/sub", nil), ("/run/bankrefreshd", nil),
            ("/srv/bank/store", nil), ("/mnt/a", nil),
            ("/var/lib/other", .readOnly(directive: "ProtectSystem=strict")),
            ("/etc/bankrefreshd", .readOnly(directive: "ProtectSystem=strict")),
            ("/run", .readOnly(directive: "ProtectSystem=strict")),
            ("/mnt/ab", .readOnly(directive: "ProtectSystem=strict")),
        ] as [(String, UnitSandbox.Obstacle?)])
    func `tells what is read-only`(path: String, obstacle: UnitSandbox.Obstacle?) {
        #expect(Self.installed.obstacle(writing: path) == obstacle)
    }

    @Test(arguments: [
        ("no", "/etc/x", false), ("yes", "/etc/x", false), ("yes", "/usr/x", true), ("full", "/etc/x", true),
        ("full", "/srv/x", false), ("strict", "/srv/x", true), ("strict", "/dev/shm", false),
    ])
    func `takes weaker settings for what they are`(protectSystem: String, path: String, isReadOnly: Bool) {
        var sandbox = UnitSandbox()
        sandbox.protectSystem = protectSystem
        #expect((sandbox.obstacle(writing: path) != nil) == isReadOnly)
        #expect(sandbox.obstacle(reading: "/home/ann") == nil)
    }

    @Test func `hides nothing where there is no unit`() {
        #expect(UnitSandbox(properties: "") == UnitSandbox())
        #expect(UnitSandbox().obstacle(writing: "/tmp/x") == nil)
    }

    @Test func `the unit as shipped is one that this reads`() throws {
        let unit = try String(contentsOfFile: packageRoot + "/systemd/bankrefreshd.service", encoding: .utf8)
        let sandbox = UnitSandbox(properties: unit)
        #expect(sandbox.protectHome == "yes" && sandbox.protectSystem == "strict" && sandbox.hasPrivateTmp)
        #expect(sandbox.made == ["/var/lib/bankrefreshd", "/run/bankrefreshd"])
    }
}
