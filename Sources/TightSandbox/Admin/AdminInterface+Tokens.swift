import FoundationEssentials
import NIOHTTP1
import RefreshCore

/// The commands about tokens and their renewal.
extension AdminInterface {
    static let tokenForms = """
        GET /renewals[?times=no], GET /renewals/USER, PUT /token-behaviour, PUT /token-behaviour/USER, PUT /tokens, \
        POST /tokens/USER, DELETE /tokens/USER[/access|/refresh|/tokens] and PUT /client-secret
        """

    func answerAboutTokens(method: String, path: [String], withRecords: Bool, body: [UInt8]) throws -> Answer {
        let tokens = controls.tokens
        switch (method, path.count, path[0]) {
        case ("GET", 1, "renewals"): return .json(.ok, tokens.snapshot(withRecords: withRecords))
        case ("GET", 2, "renewals"):
            return tokens.renewals(of: try UserID(path[1])).map { .json(.ok, $0) } ?? done(false)
        case ("PUT", 1, "token-behaviour"):
            tokens.setForAll(try script(body))
            return done(true)
        case ("PUT", 2, "token-behaviour"):
            return done(tokens.set(try script(body), for: try UserID(path[1])))
        case ("PUT", 1, "tokens"): return try changeTokens(body)
        case ("POST", 2, "tokens"):
            return tokens.issue(to: try UserID(path[1])).map { .pair($0) } ?? done(false)
        case ("DELETE", 2, "tokens"): return done(tokens.revoke(.all, of: try UserID(path[1])))
        case ("DELETE", 3, "tokens"):
            guard let what = TokenRevocation(rawValue: path[2]) else {
                throw AdminProblem(expected: "/access, /refresh, /tokens or nothing after the user")
            }
            return done(tokens.revoke(what, of: try UserID(path[1])))
        case ("PUT", 1, "client-secret"):
            guard let secret = try? JSONDecoder().decode([String: String].self, from: Data(body))["secret"],
                !secret.isEmpty
            else { throw AdminProblem(expected: #"{"secret":"TEXT"}"#) }
            tokens.set(clientSecret: Secret(Array(secret.utf8)))
            return done(true)
        default: return .error(.notFound, "of tokens there are \(Self.tokenForms)")
        }
    }

    /// Parses `{"lifetime":"60s"}`, `{"rotation":"on-use"}`, or both; a lifetime of `""` is the vendor's.
    private func changeTokens(_ body: [UInt8]) throws -> Answer {
        let expected =
            #"{"lifetime":"60s"}, {"lifetime":""} for 90 days, {"rotation":"immediate"} or {"rotation":"on-use"}"#
        guard let change = try? JSONDecoder().decode([String: String].self, from: Data(body)), !change.isEmpty,
            change.keys.allSatisfy({ ["lifetime", "rotation"].contains($0) })
        else { throw AdminProblem(expected: expected) }
        var lifetime: Duration?
        if let text = change["lifetime"], !text.isEmpty {
            guard let span = Duration(text: text), span > .zero else { throw AdminProblem(expected: expected) }
            lifetime = span
        }
        if let text = change["rotation"] {
            guard let rotation = TokenRotation(rawValue: text) else { throw AdminProblem(expected: expected) }
            controls.tokens.set(rotation: rotation)
        }
        if change["lifetime"] != nil { controls.tokens.set(lifetime: lifetime) }
        return done(true)
    }
}
