import Foundation
import Glibc
import Testing
import TightSandbox

@Suite(.timeLimit(.minutes(1)))
struct CheckConfigTests {
    /// Five mistakes of five kinds.
    private static let mistakes = """
        {
          "api": {"baseURL": "htps://x"},
          "stor": {},
          "schedule": {"every": "24", "minimumInterval": 6},
          "limits": {"concurrency": -3}
        }
        """
    private static let places = [
        (2, "api.baseURL"), (3, "stor"), (4, "schedule.every"), (4, "schedule.minimumInterval"),
        (5, "limits.concurrency"),
    ]

    @Test func `a good file is called good`() async throws {
        try await Workplace.with { place in
            let checked = try await place.run("check-config")
            #expect(checked.status == 0)
            #expect(checked.output.hasPrefix("\(place.config) is good"))
            #expect(checked.output.contains(place.sandbox.baseURL))
            let json = try await place.run("check-config", "--json")
            #expect(json.status == 0)
            #expect(json.object["problems"] as? [String] == [])
        }
    }

    @Test func `a promise that is set aside is told by check-config and at the start`() async throws {
        try await Workplace.with { place in
            try place.configure(["backoff": ["serverErrors": "soon"]])
            let note = "backoff.serverErrors is \"soon\": after a 5xx a user may be called again"
            let checked = try await place.run("check-config")
            #expect(checked.status == 0)
            #expect(checked.errors.contains("note: \(note)"))
            let daemon = try await place.startDaemon()
            #expect(await daemon.errors.wait(for: "Note: \(note)"))
        }
    }

    @Test func `every mistake is told at once, with its place and what to do`() async throws {
        try await Workplace.with { place in
            try Self.mistakes.write(toFile: place.config, atomically: true, encoding: .utf8)
            let checked = try await place.run("check-config")
            #expect(checked.status == 78)
            #expect(checked.output.isEmpty)
            let lines = checked.errors.split(separator: "\n")
            #expect(lines.first == "5 problems in \(place.config):")
            #expect(lines.count == 6)
            for (line, (number, path)) in zip(lines.dropFirst(), Self.places) {
                #expect(line.hasPrefix("\(place.config):\(number):"))
                #expect(line.contains(path))
            }
            #expect(checked.errors.contains("did you mean \"store\"?"))
            #expect(checked.errors.contains("write \"24s\""))

            let json = try await place.run("check-config", "--json")
            #expect(json.status == 78)
            #expect(json.errors.isEmpty)
            let problems = json.object["problems"] as? [[String: Any]] ?? []
            #expect(problems.map { $0["line"] as? Int } == Self.places.map(\.0))
            #expect(problems.map { $0["path"] as? String } == Self.places.map(\.1))
        }
    }

    @Test func `what would keep the daemon from starting is told, all of it at once`() async throws {
        try await Workplace.with { place in
            try place.configure([
                "api": ["caFile": place.config], "store": ["sqlite": ["path": place.directory + "/no/store.sqlite"]],
                "control": ["socket": place.directory + "/nor/control.sock"],
            ])
            chmod(place.key, 0o644)
            let checked = try await place.run("check-config")
            #expect(checked.status == 78)
            #expect(checked.output.isEmpty)
            let lines = checked.errors.split(separator: "\n")
            #expect(lines.first == "4 problems with \(place.config):")
            for (line, text) in zip(
                lines.dropFirst(),
                [
                    "store.key: ", "api.caFile: \(place.config) holds no certificate",
                    "store.sqlite.path: there is no directory \(place.directory)/no/",
                    "control.socket: there is no directory \(place.directory)/nor/",
                ])
            { #expect(line.hasPrefix("\(place.config): \(text)"), "\(line)") }
            #expect(lines.dropFirst().first?.contains("chmod 600 \(place.key)") == true)
            let json = try await place.run("check-config", "--json")
            #expect(json.status == 78)
            let problems = json.object["problems"] as? [[String: Any]] ?? []
            #expect(
                problems.compactMap { $0["path"] as? String }
                    == ["store.key", "api.caFile", "store.sqlite.path", "control.socket"])
        }
    }

    @Test func `what this user may not see is said to be unchecked`() async throws {
        try await Workplace.with { place in
            chmod(place.directory + "/ca.pem", 0o600)
            let checked = try await place.runAsNobody("check-config")
            #expect(checked.status == 0)
            #expect(checked.output.hasPrefix("\(place.config) is good"))
            for text in ["store.key: the key", "api.caFile: \(place.directory)/ca.pem", "store.sqlite.path: "] {
                #expect(checked.errors.contains("note: \(text)"), "\(checked.errors)")
            }
            #expect(checked.errors.contains("cannot be checked as this user"))
        }
    }

    @Test(arguments: [("store-key", "store.key"), ("client-secret", "api.clientSecret")])
    func `root judges a secret as the daemon's user will`(name: String, path: String) async throws {
        try await Workplace.with { place in
            try #require(geteuid() == 0, "this test gives files away: run it as root")
            let secret = place.directory + "/client-secret"
            try Data("not-told\n".utf8).write(to: URL(filePath: secret))
            try place.configure(["api": ["clientID": "us", "clientSecret": ["file": secret]]])
            chmod(secret, 0o600)
            for file in [place.directory, place.key, secret] { #expect(chown(file, 65534, 65534) == 0) }
            let good = try await place.run("check-config")
            #expect(good.status == 0, "\(good.errors)")

            let file = place.directory + "/" + name
            #expect(chown(file, 0, 0) == 0)
            let checked = try await place.run("check-config")
            #expect(checked.status == 78)
            #expect(
                checked.errors.contains(
                    "\(path): the daemon's user nobody may not read \(file); run: chown nobody: \(file)\n"),
                "\(checked.errors)")
        }
    }

    @Test func `a credential that is not beside the file is no problem, but is said`() async throws {
        try await Workplace.with { place in
            try place.configure(["store": ["key": ["credential": "elsewhere"]]])
            let checked = try await place.run("check-config")
            #expect(checked.status == 0)
            #expect(checked.errors.contains("note: store.key: the credential elsewhere is not beside"))
            let inService = try await place.run(
                "check-config",
                environment: ["BANKREFRESHD_CONFIG": place.config, "CREDENTIALS_DIRECTORY": place.directory])
            #expect(inService.status == 78)
        }
    }

    @Test func `a window is told in its own hours and in UTC`() async throws {
        try await Workplace.with { place in
            try place.configure([
                "schedule": [
                    "every": "1d",
                    "window": ["from": "22:00", "to": "06:00", "zone": "Europe/Berlin"] as [String: Any],
                ]
            ])
            let checked = try await place.run("check-config")
            #expect(checked.status == 0, "\(checked.errors)")
            #expect(
                checked.output.contains(
                    /scheduled calls are made from 22:00 to 06:00 in Europe\/Berlin: (open now, until|closed now, opens) \S+Z\n/
                ), "\(checked.output)")
        }
    }

    @Test func `a file that is none is told`() async throws {
        try await Workplace.with { place in
            let missing = try await place.run("check-config", "--config", place.directory + "/missing.json")
            #expect(missing.status == 78)
            #expect(missing.errors.contains("there is no such file; create it from what bankrefreshd config example "))
            let directory = try await place.run("check-config", "--config", place.directory)
            #expect(directory.status == 78)
            #expect(directory.errors.contains("it is a directory; name the file in it"))
        }
    }

    @Test func `the file is the option's, else the environment's, else the service's`() async throws {
        try await Workplace.with { place in
            let (a, b) = (place.directory + "/a.json", place.directory + "/b.json")
            let both = try await place.run("check-config", "--config", a, environment: ["BANKREFRESHD_CONFIG": b])
            #expect(both.errors.contains("\(a): there is no such file"))
            let environment = try await place.run("check-config", environment: ["BANKREFRESHD_CONFIG": b])
            #expect(environment.errors.contains("\(b): there is no such file"))
            for none in [[:], ["BANKREFRESHD_CONFIG": ""]] {
                let standard = try await place.run("check-config", environment: none)
                #expect((standard.output + standard.errors).contains("/etc/bankrefreshd/config.json"))
            }
        }
    }

    @Test func `the daemon refuses the same file with the same words, a line for each`() async throws {
        try await Workplace.with { place in
            try Self.mistakes.write(toFile: place.config, atomically: true, encoding: .utf8)
            let daemon = try await place.run("run")
            #expect(daemon.status == 78)
            let lines = daemon.errors.split(separator: "\n")
            for (number, path) in Self.places {
                #expect(lines.count { $0.contains("\(place.config):\(number):") && $0.contains(path) } == 1)
            }
        }
    }
}
