import Foundation
import RefreshDaemon
import TestSupport
import Testing

@testable import RefreshCore

@Suite(.timeLimit(.minutes(1)))
struct TokenExportTests {
    private static let now = Timestamp(secondsSinceEpoch: 1_800_000_000)

    private static func export(_ store: MemoryUserStore, _ vault: any TokenSealing = PlainVault()) -> TokenExport {
        TokenExport(store: store, vault: vault, time: ManualTime(now: now))
    }

    private static func text(_ page: TokenExport.Page) -> String {
        page.lines.withBytes { String(decoding: $0, as: UTF8.self) }
    }

    @Test func `everybody is on some page once, in the order of ids`() async throws {
        let store = MemoryUserStore()
        try await store.addFleet(2_001, policy: UserPolicy(), now: Self.now)
        let export = Self.export(store)
        #expect(try await export.userCount() == 2_001)
        var ids: [String] = []
        var page: TokenExport.Page? = try await export.page(after: nil)
        while let one = page {
            let lines = Self.text(one).split(separator: "\n")
            #expect(lines.count == one.users && one.refreshTokens == 0 && one.unopened.isEmpty)
            for line in lines {
                let object = try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any]
                let id = try #require(object?["user_id"] as? String)
                ids.append(id)
                #expect(object?["access_token"] as? String == "token-of-\(id)")
            }
            page = try await export.page(following: one)
        }
        #expect(ids == (try (0..<2_001).map { try Fleet.id($0).rawValue }.sorted()))
    }

    @Test func `a page prints nothing of what is in it`() async throws {
        let store = MemoryUserStore()
        try await store.addFleet(1, policy: UserPolicy(), now: Self.now)
        let page = try await Self.export(store).page(after: nil)
        var dumped = ""
        dump(page, to: &dumped)
        for text in ["\(page)", String(reflecting: page), dumped] { #expect(!text.contains("token-of")) }
    }

    @Test func `a token that does not open is counted, and what does is written`() async throws {
        let store = MemoryUserStore()
        let rows = try ["all", "none", "access", "refresh"].map { name in
            func token(_ kind: String) throws -> SealedToken {
                SealedToken(bytes: Array((["all", kind].contains(name) ? kind : "does not open").utf8))
            }
            return NewUser(
                id: try UserID(name), group: nil, token: try token("access"), refreshToken: try token("refresh"),
                expiresAt: nil)
        }
        _ = try await store.put(
            rows, added: { NextStep.added($0.id, at: $1, group: nil, policy: UserPolicy(), now: Self.now) },
            replaced: { $1 })
        let page = try await Self.export(store).page(after: nil)
        #expect(page.unopened.map(\.rawValue) == ["access", "none", "refresh"])
        #expect(page.users == 3 && page.refreshTokens == 2)
        let lines = Self.text(page).split(separator: "\n")
        #expect(lines.count == 3)
        #expect(lines[0].contains(#""access_token":"access""#) && !lines[0].contains("refresh_token"))
        #expect(lines[1].contains(#""access_token":"access","refresh_token":"refresh""#))
        #expect(lines[2].contains(#""refresh_token":"refresh""#) && !lines[2].contains("access_token"))
    }

    @Test func `a call that a crash cut off counts as made until now, and a renewal as none`() async throws {
        let store = MemoryUserStore()
        try await store.addFleet(3, policy: UserPolicy(), now: Self.now.advanced(by: .days(-9)))
        let called = try await store.lease(
            Fleet.id(0), now: Self.now.advanced(by: .hours(-1)), until: Self.now
        ).get()
        _ = try await store.update(Fleet.id(1)) { user in
            var next = user
            next.renewal.due = Self.now.advanced(by: .hours(-1))
            return next
        }
        let renewed = try await store.leaseRenewals(now: Self.now, until: Self.now, limit: 9)
        #expect(renewed.map(\.user.id) == [try Fleet.id(1)])
        let next = store.reopened()
        let (events, export) = (EventLog(), Self.export(next))
        var random = SplitMix64(seed: 1)
        try await export.endLostCalls(policies: Policies(), keepsHistory: true, events: events, using: &random)
        let user = try #require(try await next.user(called.user.id))
        #expect(user.record.reachedAt == Self.now)
        #expect(user.record.lastAttempt?.outcome == .unknown)
        #expect(try await next.history(of: user.id, before: nil, limit: 9)?.map(\.outcome) == [.unknown])
        #expect(try await next.user(Fleet.id(1))?.record.reachedAt == nil)
        #expect(events.events.count == 1)
        #expect(try await next.census(now: Self.now).leased == 0)
        let line = try #require(Self.text(try await export.page(after: nil)).split(separator: "\n").first)
        #expect(line.contains(#""reached_at":"\#(Self.now)""#))
    }

    /// The next start moves it back by the step, as every moment in the store.
    @Test func `a call that a crash cut off counts until now, though the clock was set back meanwhile`() async throws {
        let time = ManualTime(now: Self.now)
        let store = MemoryUserStore()
        try await store.addFleet(1, policy: UserPolicy(), now: Self.now.advanced(by: .days(-9)))
        _ = try await store.lease(Fleet.id(0), now: Self.now, until: Self.now).get()
        try await store.setClockMark(ClockMark(reading: time.reading, boot: time.boot))
        time.step(by: .hours(-2))
        let next = store.reopened()
        let export = TokenExport(store: next, vault: PlainVault(), time: time)
        var random = SplitMix64(seed: 1)
        try await export.endLostCalls(policies: Policies(), keepsHistory: true, events: EventLog(), using: &random)
        #expect(try await next.user(Fleet.id(0))?.record.reachedAt == Self.now)
    }

    @Test func `a page leaves no copy of a token behind`() async {
        await #expect(processExitsWith: .success) {
            let marker = MemoryMarker(length: 97)
            let store = MemoryUserStore()
            var tokens = [try marker.secret().withBytes { try AccessToken($0) }]
            // Enough of them that what is freed is not at once used for something else.
            let rows = try (0..<20).map { number in
                let id = try Fleet.id(number)
                let sealed = try MaskingVault().seal(tokens[0], as: .access, for: id)
                return NewUser(id: id, group: nil, token: sealed, expiresAt: nil)
            }
            _ = try await store.put(
                rows, added: { NextStep.added($0.id, at: $1, group: nil, policy: UserPolicy(), now: .epoch) },
                replaced: { $1 })
            tokens = []
            guard marker.count() == 0 else { exit(2) }
            let export = TokenExport(store: store, vault: MaskingVault(), time: ManualTime(now: .epoch))
            var pages = [try await export.page(after: nil)]
            guard marker.count() == 20, pages[0].users == 20 else { exit(3) }
            pages = []
            guard marker.count() == 0 else { exit(4) }
        }
    }
}

/// Flips a bit of each byte, so that what is sealed is not what is looked for.
private struct MaskingVault: TokenSealing {
    func seal(_ token: AccessToken, as kind: TokenKind, for id: UserID) throws -> SealedToken {
        SealedToken(bytes: token.secret.withBytes { $0.map { $0 ^ 0x80 } })
    }

    func open(_ sealed: SealedToken, as kind: TokenKind, for id: UserID) throws(TokenSealProblem) -> AccessToken {
        do { return try AccessToken(sealed.bytes.lazy.map { $0 ^ 0x80 }) } catch { throw .notAuthentic }
    }
}
