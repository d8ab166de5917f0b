import ArgumentParser
import RefreshCore
import TightSandbox

/// The users whom the sandbox knows.
struct UserOptions: ParsableArguments {
    @Option(name: .customLong("users"), help: "The number of users to make: user-000001 and so on.")
    var count: Int?

    @Option(help: "The seed of their tokens; the same seed gives the same tokens.")
    var tokenSeed = "tight-sandbox"

    @Option(help: "The file to write the users to, in the form that bankrefreshd imports (mode 0600).")
    var usersFile: String?

    @Option(help: "Take the users from this file instead: CSV, user_id,access_token[,refresh_token,expires_at].")
    var usersFrom: String?

    func validate() throws {
        switch (count, usersFrom) {
        case (nil, nil): throw ValidationError("name the users: --users COUNT or --users-from FILE")
        case (_?, _?): throw ValidationError("--users and --users-from exclude each other")
        case (let count?, nil) where !(1...10_000_000).contains(count):
            throw ValidationError("--users \(count): expected 1 to 10000000")
        default: break
        }
    }

    /// Loads or creates the users; tokens expire at `expiresAt`, unless it is nil or the file gives another time.
    func load(expiresAt: Timestamp?) throws -> SandboxUsers {
        let users =
            if let usersFrom {
                try expiresAt.map(SandboxUsers(file: usersFrom).expiring) ?? SandboxUsers(file: usersFrom)
            } else {
                try SandboxUsers.generate(count: count ?? 0, seed: tokenSeed, expiresAt: expiresAt)
            }
        if let usersFile { try users.writeCSV(to: usersFile) }
        return users
    }
}
