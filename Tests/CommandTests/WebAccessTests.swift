import Foundation
import Glibc
import TestSupport
import Testing

/// The page over TLS and behind a login, as curl meets it.
@Suite(.timeLimit(.minutes(1)))
struct WebAccessTests {
    /// Of "open sesame", as mkpasswd(1) makes it.
    private static let hash = "$y$j75$k2XAnEHBqQ1Ct2aMXFKNa/$XHuqBDG.B1kMSA1CeriOCRR7sEFF6foXgi9Tw2jZJF/"

    /// A workplace with a certificate for localhost, its key, and alice.
    private func withAccess(_ body: (Workplace, _ port: Int) async throws -> Void) async throws {
        try await Workplace.with { place in
            let port = try LoopbackPort.free()
            try await certify(place, "first")
            try write("alice:\(Self.hash)\n", to: place.webUsers)
            try place.configure(["web": web(place, port)])
            try await body(place, port)
        }
    }

    private func web(_ place: Workplace, _ port: Int) -> [String: Any] {
        [
            "listen": "127.0.0.1:\(port)",
            "tls": ["certificate": place.certificate, "key": ["file": place.tlsKey]] as [String: Any],
            "users": ["file": place.webUsers],
        ]
    }

    /// Makes a certificate for localhost and its key, and puts them in place.
    private func certify(_ place: Workplace, _ name: String, days: Int = 30) async throws {
        let made = try await place.start(
            "/usr/bin/openssl",
            [
                "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days",
                "\(days)",
                "-subj", "/CN=\(name)", "-addext", "subjectAltName=DNS:localhost", "-keyout", place.tlsKey, "-out",
                place.certificate,
            ], environment: [:]
        ).result()
        try #require(made.status == 0, "\(made.errors)")
        chmod(place.tlsKey, 0o600)
    }

    private func write(_ text: String, to path: String) throws {
        try text.write(toFile: path, atomically: true, encoding: .utf8)
        chmod(path, 0o600)
    }

    private func curl(_ place: Workplace, _ port: Int, _ path: String, _ more: String...) async throws
        -> Workplace.Result
    {
        try await place.start(
            "/usr/bin/curl",
            [
                "-s", "-o", "-", "-w", "\n%{http_code} %{ssl_verify_result}", "--max-time", "20", "--cacert",
                place.certificate, "https://localhost:\(port)\(path)",
            ] + more, environment: [:]
        ).result()
    }

    @Test func `the page is served over TLS, to those who log in`() async throws {
        try await withAccess { place, port in
            let daemon = try await place.startDaemon()
            #expect(daemon.errors.text.contains("info: The page is at https://127.0.0.1:\(port)/\n"))
            let page = try await curl(place, port, "/", "--user", "alice:open sesame")
            #expect(page.output.contains("<h1>"))
            #expect(page.output.hasSuffix("\n200 0"))
            #expect(try await curl(place, port, "/metrics").output.hasSuffix("\n401 0"))
            #expect(try await curl(place, port, "/", "--user", "alice:wrong").output.hasSuffix("\n401 0"))
            #expect(try await curl(place, port, "/readyz").output == "Good.\n\n200 0")
            // TLS 1.1 is not spoken, and clear text is no answer.
            #expect(try await curl(place, port, "/", "--tls-max", "1.1").status != 0)
            let clear = try await place.start(
                "/usr/bin/curl", ["-s", "--max-time", "20", "http://localhost:\(port)/readyz"], environment: [:]
            ).result()
            #expect(clear.status != 0 && clear.output.isEmpty)
            for text in place.transcripts.values.map({ String(decoding: $0, as: UTF8.self) }) {
                #expect(!text.contains("XHuqBDG.B1kMSA1CeriOCRR7sEFF6foXgi9Tw2jZJF"))
            }
        }
    }

    @Test func `a reload takes up a renewed certificate and another list of users`() async throws {
        try await withAccess { place, port in
            _ = try await place.startDaemon()
            #expect(try await curl(place, port, "/", "--user", "alice:open sesame").output.hasSuffix("\n200 0"))
            try await certify(place, "second")
            try write("bob:\(Self.hash)\n", to: place.webUsers)
            // Not before it is told to: the old certificate is not what curl now trusts.
            #expect(try await curl(place, port, "/readyz").status == 60)
            let reloaded = try await place.run("reload")
            #expect(reloaded.status == 0)
            for key in ["web.tls.certificate", "web.tls.key", "web.users"] {
                #expect(reloaded.output.contains("\(key): content changed"))
            }
            #expect(try await curl(place, port, "/", "--user", "bob:open sesame").output.hasSuffix("\n200 0"))
            #expect(try await curl(place, port, "/", "--user", "alice:open sesame").output.hasSuffix("\n401 0"))
        }
    }

    @Test func `TLS and login come and go with a reload`() async throws {
        try await withAccess { place, port in
            try place.configure(["web": ["listen": "127.0.0.1:\(port)"]])
            _ = try await place.startDaemon()
            let clear = ["-s", "--max-time", "20", "http://localhost:\(port)/readyz"]
            let before = try await place.start("/usr/bin/curl", clear, environment: [:]).result()
            #expect(before.output == "The scheduler works.\n")
            try place.configure(["web": web(place, port)])
            let reloaded = try await place.run("reload")
            #expect(reloaded.status == 0)
            #expect(reloaded.output.contains("web.tls.certificate: none → \(place.certificate)"))
            #expect(try await curl(place, port, "/").output.hasSuffix("\n401 0"))
        }
    }

    /// How the files can be wrong, by the key that is named and what is said of it.
    enum Fault: String, CaseIterable {
        case noCertificate, otherKey, keyForAll, noUsers, weakHash, missingCertificate

        var words: (key: String, reason: String, remedy: String) {
            switch self {
            case .noCertificate: ("web.tls.certificate", "there is no certificate in it", "as PEM")
            case .missingCertificate: ("web.tls.certificate", "No such file", "name a file")
            case .otherKey: ("web.tls.key", "the key does not belong to the first certificate", "made together")
            case .keyForAll: ("web.tls.key", "others can read it (mode 0644)", "chmod 600")
            case .noUsers: ("web.users", "it contains no users", "NAME:HASH")
            case .weakHash: ("web.users", "line 2: not a hash by yescrypt", "mkpasswd --method=yescrypt")
            }
        }
    }

    private func spoil(_ place: Workplace, by fault: Fault) async throws {
        switch fault {
        case .noCertificate: try write("nothing\n", to: place.certificate)
        case .missingCertificate: try FileManager.default.removeItem(atPath: place.certificate)
        case .otherKey:
            let certificate = try String(contentsOfFile: place.certificate, encoding: .utf8)
            try await certify(place, "other")
            try write(certificate, to: place.certificate)
        case .keyForAll: chmod(place.tlsKey, 0o644)
        case .noUsers: try write("# nobody\n", to: place.webUsers)
        case .weakHash: try write("alice:\(Self.hash)\nbob:{SHA}EfatjsUqKYSrqv18O1FlA3hcIHI=\n", to: place.webUsers)
        }
    }

    @Test(arguments: Fault.allCases)
    func `a file that does not do is told with its remedy by check-config, reload and start`(fault: Fault) async throws
    {
        try await withAccess { place, port in
            let daemon = try await place.startDaemon()
            #expect(try await place.run("check-config").status == 0)
            try await spoil(place, by: fault)
            let (key, reason, remedy) = fault.words
            func expectWords(_ result: Workplace.Result) {
                #expect(result.status == 78)
                for words in ["\(key): ", reason, remedy] { #expect(result.errors.contains(words), "\(result.errors)") }
            }
            expectWords(try await place.run("check-config"))
            expectWords(try await place.run("reload"))
            // What is in force stays, and serves on.
            let page = try await place.start(
                "/usr/bin/curl",
                ["-sk", "--max-time", "20", "--user", "alice:open sesame", "https://localhost:\(port)/"],
                environment: [:]
            ).result()
            #expect(page.output.contains("<h1>"))
            daemon.send(SIGTERM)
            #expect(await daemon.result().status == 0)
            expectWords(try await place.run("run"))
        }
    }

    @Test func `a certificate near its end is a note, and no reason to stay down`() async throws {
        try await withAccess { place, port in
            try await certify(place, "short", days: 3)
            let checked = try await place.run("check-config")
            #expect(checked.status == 0)
            #expect(checked.errors.contains("note: web.tls.certificate: it expires on "))
            let daemon = try await place.startDaemon()
            #expect(daemon.errors.text.contains("Note: web.tls.certificate: it expires on "))
        }
    }

    @Test(arguments: [
        (true, true, nil), (true, false, "the page has no login"),
        (false, true, "passwords cross the network in clear text"), (false, false, "set web.tls and web.users"),
    ])
    func `an address that others can reach is warned of for what is missing`(
        isEncrypted: Bool, hasLogin: Bool, words: String?
    ) async throws {
        try await withAccess { place, port in
            var web = web(place, port)
            web["listen"] = "0.0.0.0:\(port)"
            if !isEncrypted { web["tls"] = nil }
            if !hasLogin { web["users"] = nil }
            try place.configure(["web": web])
            let checked = try await place.run("check-config")
            #expect(checked.status == 0)
            #expect(words == nil ? checked.errors.isEmpty : checked.errors.contains(words ?? ""), "\(checked.errors)")
        }
    }
}

extension Workplace {
    fileprivate var certificate: String { directory + "/web-certificate.pem" }
    fileprivate var tlsKey: String { directory + "/web-key.pem" }
    fileprivate var webUsers: String { directory + "/web-users" }
}
