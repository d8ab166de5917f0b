import Testing

@testable import Host

struct UnitCredentialsTests {
    /// As `systemctl cat` prints a unit with a drop-in.
    private static let unit = UnitCredentials(
        unit: """
            # /lib/systemd/system/bankrefreshd.service
            [Unit]
            LoadCredential=not:/here
            [Service]
            LoadCredential=store-key:/etc/bankrefreshd/store-key
            SetCredential=store-key:missing
            # LoadCredentialEncrypted=client-secret:/etc/bankrefreshd/client-secret.cred

            # /etc/systemd/system/bankrefreshd.service.d/a.conf
            [Service]
            LoadCredentialEncrypted = client-secret:%E/bankrefreshd/client-secret.cred
            LoadCredential= \\
              proxy:/srv/proxy
            LoadCredential=bare
            LoadCredential=named:by-name
            LoadCredential=odd:%d/x
            SetCredential=held:value
            LoadCredential=both:/srv/both
            SetCredentialEncrypted=both:c2VhbGVk
            """)

    @Test(
        arguments: [
            ("store-key", [.file("/etc/bankrefreshd/store-key", isSealed: false)]),
            ("client-secret", [.file("/etc/bankrefreshd/client-secret.cred", isSealed: true)]),
            ("proxy", [.file("/srv/proxy", isSealed: false)]), ("bare", [.manager]), ("named", [.manager]),
            ("odd", [.manager]), ("held", [.manager]), ("both", [.file("/srv/both", isSealed: false), .manager]),
            ("not", []), ("other", []),
        ] as [(String, [UnitCredentials.Source])])
    func `tells where a credential comes from`(name: String, sources: [UnitCredentials.Source]) {
        #expect(Self.unit.sources(of: name) == sources)
    }

    @Test func `what is taken back is gone, and what is imported may be any`() {
        let emptied = UnitCredentials(
            unit: "[Service]\nLoadCredential=a:/a\nSetCredential=b:b\nLoadCredential=\nSetCredential=\n")
        #expect(emptied == UnitCredentials() && emptied.isEmpty)
        let replaced = UnitCredentials(
            unit: "[Service]\nLoadCredential=a:/a\nLoadCredential=a:/b\nImportCredential=x.*\n")
        #expect(replaced.sources(of: "a") == [.file("/b", isSealed: false)])
        #expect(replaced.sources(of: "c") == [.manager] && !replaced.isEmpty)
    }
}
