import Foundation
import RefreshCore
import Testing
import TightSandbox

struct UsersTests {
    @Test func `a seed gives the same tokens whatever the count`() throws {
        let few = try SandboxUsers.generate(count: 3, seed: "a")
        let more = try SandboxUsers.generate(count: 5, seed: "a")
        let others = try SandboxUsers.generate(count: 3, seed: "b")
        #expect(few.list == Array(more.list.prefix(3)))
        #expect(few.list.map(\.id.rawValue) == ["user-000001", "user-000002", "user-000003"])
        #expect(Set((few.list + others.list).map(\.tokenText)).count == 6)
    }

    @Test func `a token has the vendor's shape`() throws {
        for user in try SandboxUsers.generate(count: 20, seed: "shape").list {
            #expect(user.tokenText.wholeMatch(of: /[0-9a-f]{64}\.[0-9a-f]{32}/) != nil)
        }
    }

    @Test func `the file it writes is private and reads back the same`() throws {
        let path = FileManager.default.temporaryDirectory.appending(path: "users-\(UUID()).csv").path()
        defer { try? FileManager.default.removeItem(atPath: path) }
        // A file with that name that everyone may read must not stay so.
        #expect(
            FileManager.default.createFile(
                atPath: path,
                contents: Data("old".utf8),
                attributes: [.posixPermissions: 0o644]
            )
        )
        let awkward = try UserID(#"O'Hara, "Kit""#)
        let users = SandboxUsers(
            try SandboxUsers.generate(count: 1_200, seed: "file").list.enumerated().map { index, user in
                index == 700 ? SandboxUser(id: awkward, token: user.token) : user
            }
        )
        try users.writeCSV(to: path)
        let permissions = try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int
        #expect(permissions == 0o600)
        let back = try SandboxUsers(file: path)
        #expect(back.list == users.list)
    }

    @Test func `further columns, a heading and DOS line ends are taken`() throws {
        let users = try SandboxUsers(
            csv: Array("user_id,access_token,refresh_token\r\na,t1,r\r\n\r\n\"b,c\",t2,r\r\n".utf8)
        )
        #expect(users.list.map(\.id.rawValue) == ["a", "b,c"])
        #expect(users.list.map(\.tokenText) == ["t1", "t2"])
    }

    @Test(arguments: [
        ("a", "line 1: expected user_id,access_token"),
        ("a,t\n,u", "line 2: the user id is empty"),
        ("a,t\nb,", "line 2: the token is empty"),
        ("user_id,access_token\n", "the list of users is empty"),
        (
            "user_id,access_token,expires_at\na,t,soon",
            "line 2: expires_at is neither seconds since 1970 nor an RFC 3339 moment"
        ),
        (
            "user_id,access_token,refresh_token\na,t,r r",
            "line 2: the token holds a space or line break (character 2); paste it again without"
        ),
    ])
    func `a bad line is named, without its token`(csv: String, message: String) {
        let problem = #expect(throws: SandboxUsersProblem.self) { try SandboxUsers(csv: Array(csv.utf8)) }
        #expect(problem?.description == message)
    }

    @Test func `refresh tokens and ends of life are in the file, and read back`() throws {
        let path = FileManager.default.temporaryDirectory.appending(path: "users-\(UUID()).csv").path()
        defer { try? FileManager.default.removeItem(atPath: path) }
        let end = try #require(Timestamp(rfc3339: "2031-02-03T04:05:06Z"))
        let users = try SandboxUsers.generate(count: 3, seed: "\(UUID())", expiresAt: end)
        try users.writeCSV(to: path)
        let lines = try String(contentsOfFile: path, encoding: .utf8).split(separator: "\n")
        #expect(lines[0] == "user_id,access_token,refresh_token,expires_at")
        #expect(lines[1].hasSuffix(",2031-02-03T04:05:06Z"))
        let back = try SandboxUsers(file: path)
        #expect(back.list == users.list)
        #expect(Set(users.list.flatMap { [$0.token.text, $0.refreshToken?.text] }).count == 6)
    }

    @Test func `columns may stand in another order, be empty or unknown`() throws {
        let users = try SandboxUsers(
            csv: Array("user_id,access_token,group,expires_at,refresh_token\na,t1,vip,60,r1\nb,t2,,,\nc,t3".utf8)
        )
        #expect(users.list.map(\.expiresAt) == [Timestamp(secondsSinceEpoch: 60), nil, nil])
        #expect(users.list.map(\.refreshToken?.text) == ["r1", nil, nil])
        let ending = users.expiring(at: Timestamp(secondsSinceEpoch: 90))
        #expect(ending.list.map(\.expiresAt) == [60, 90, 90].map { Timestamp(secondsSinceEpoch: $0) })
    }
}
