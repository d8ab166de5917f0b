import Foundation
import Glibc
import RefreshCore
import Testing

@testable import Host

@Suite struct SecretFileTests {
    let directory = try? TemporaryDirectory()
    let bytes = (0..<40).map { _ in UInt8.random(in: 0x21...0x7E) } + [0x0A]

    private func file(mode: Int = 0o600) throws -> String {
        try #require(directory).file("secret", bytes, mode: mode)
    }

    @Test(arguments: [0o600, 0o400]) func `reads every byte, the line break at the end too`(mode: Int) throws {
        #expect(try SecretFile.read(file(mode: mode)) == Secret(bytes))
    }

    @Test(arguments: [0o640, 0o604, 0o610, 0o602, 0o644, 0o777])
    func `refuses what others may touch, and says how to mend it`(mode: Int) throws {
        let path = try file(mode: mode)
        let problem = #expect(throws: SecretFileProblem.self) { try SecretFile.read(path) }
        #expect(problem == .openToOthers(path: path, mode: UInt32(mode)))
        #expect(problem?.description.contains("chmod 600 \(path)") == true)
        #expect(problem?.description.contains("mode 0\(String(mode, radix: 8))") == true)
    }

    @Test func `refuses what belongs to somebody else`() throws {
        let path = try file()
        try #require(chown(path, 12_345, 12_345) == 0, "this test gives a file away: run it as root")
        #expect(throws: SecretFileProblem.foreignOwner(path: path, owner: 12_345)) {
            try SecretFile.read(path)
        }
    }

    @Test func `reads for root what belongs to the user it works for`() throws {
        let path = try file()
        try #require(chown(path, 12_345, 12_345) == 0, "this test gives a file away: run it as root")
        #expect(try SecretFile.read(path, trusted: 12_345) == Secret(bytes))
        #expect(throws: SecretFileProblem.foreignOwner(path: path, owner: 12_345)) {
            try SecretFile.read(path, trusted: 12_346)
        }
    }

    @Test(
        arguments: [
            // A pod: the group has no name, or that of the image's user.
            ([], [], true), (["daemon"], [("daemon", 12_000, 700)], true), ([], [("daemon", 12_000, 10_001)], true),
            (["root"], [("root", 0, 0)], true),
            // An operator of the same group, by either way.
            (["daemon", "anna"], [("daemon", 12_000, 700)], false), ([], [("anna", 1_000, 10_001)], false),
            (["gone"], [], false),
        ] as [([String], [(String, UInt32, UInt32)], Bool)])
    func `a group that this user is alone in may read what is root's`(
        members: [String], accounts: [(String, UInt32, UInt32)], isAlone: Bool
    ) throws {
        let path = try file(mode: 0o440)
        try #require(chown(path, 0, 10_001) == 0, "this test gives a file away: run it as root")
        var audience = GroupAudience(
            own: [10_001], user: 12_000, members: { $0 == 10_001 ? members : [] },
            accounts: { accounts.map { (name: $0.0, id: $0.1, group: $0.2) } })
        let refusal = SecretFileProblem.openToOthers(path: path, mode: 0o440)
        func read(_ audience: GroupAudience) throws -> Secret {
            try SecretFile.read(path, trusted: nil, audience: audience)
        }
        if isAlone {
            #expect(try read(audience) == Secret(bytes))
        } else {
            #expect(throws: refusal) { try read(audience) }
        }
        // What cannot be learned speaks against it.
        var blind = audience
        blind.members = { _ in nil }
        #expect(throws: refusal) { try read(blind) }
        blind = audience
        blind.accounts = { nil }
        #expect(throws: refusal) { try read(blind) }
        // Whoever is not in the group reads as its owner does, and a group that may write is no reader.
        audience.own = [0, 12_000]
        #expect(throws: refusal) { try read(audience) }
        audience.own = [10_001]
        for mode: mode_t in [0o460, 0o444, 0o450] {
            chmod(path, mode)
            #expect(throws: SecretFileProblem.self) { try read(audience) }
        }
        try #require(chmod(path, 0o440) == 0 && chown(path, 12_345, 10_001) == 0)
        #expect(throws: refusal) { try read(audience) }
        try #require(chown(path, 0, 0) == 0)
        audience.own = [0]
        #expect(throws: refusal) { try read(audience) }
    }

    @Test func `this process's groups and the accounts of this machine are known`() throws {
        let audience = GroupAudience.ofThisProcess
        #expect(audience.own.contains(getegid()) && audience.user == geteuid())
        #expect(audience.accounts()?.contains { $0.name == "root" && $0.id == 0 && $0.group == 0 } == true)
        #expect(audience.members(0) == [] && audience.members(4_000_000_000) == [])
    }

    @Test func `follows a link, and checks what it leads to`() throws {
        let path = try file()
        let link = path + ".link"
        try FileManager.default.createSymbolicLink(atPath: link, withDestinationPath: path)
        #expect(try SecretFile.read(link) == Secret(bytes))
        chmod(path, 0o644)
        #expect(throws: SecretFileProblem.openToOthers(path: link, mode: 0o644)) { try SecretFile.read(link) }
    }

    @Test func `names a file that is not there`() throws {
        let path = try #require(directory).path + "/none"
        #expect(throws: SecretFileProblem.missing(path: path)) { try SecretFile.read(path) }
    }

    @Test(.timeLimit(.minutes(1)))
    func `refuses directories, devices and pipes, and waits for none`() throws {
        let root = try #require(directory).path
        mkfifo(root + "/pipe", 0o600)
        for path in [root, "/dev/zero", root + "/pipe"] {
            #expect(throws: SecretFileProblem.notAFile(path: path)) { try SecretFile.read(path) }
        }
    }

    @Test func `takes 64 KiB and no more`() throws {
        let directory = try #require(directory)
        let most = try directory.file("most", repeatElement(0x41, count: SecretFile.largest))
        #expect(try SecretFile.read(most).count == SecretFile.largest)
        let more = try directory.file("more", repeatElement(0x41, count: SecretFile.largest + 1))
        #expect(throws: SecretFileProblem.tooLarge(path: more)) { try SecretFile.read(more) }
    }

    @Test func `problems show nothing of the secret`() throws {
        let path = try file(mode: 0o644)
        let problem = #expect(throws: SecretFileProblem.self) { try SecretFile.read(path) }
        let text = String(decoding: bytes.dropLast(), as: UTF8.self)
        #expect(!String(reflecting: problem).contains(text))
    }
}
