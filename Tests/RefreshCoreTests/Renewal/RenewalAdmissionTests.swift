import Testing

@testable import RefreshCore

/// Whose affair a refused renewal is.
struct RenewalAdmissionTests {
    private static let start = Timestamp.startOfDay(20_000)

    private struct Renewals {
        var admission = RenewalAdmission(policy: .init())
        var random = SplitMix64(seed: 1)
        var now = RenewalAdmissionTests.start

        mutating func renew(_ user: Int64, _ answer: RenewalAnswer, byHand: Bool = false) throws -> RenewalAnswer? {
            now = now.advanced(by: .seconds(1))
            guard let ticket = admission.begin(now: now).ticket else { return nil }
            let place = try #require(Place(rawValue: user))
            return admission.end(ticket, with: answer, for: place, isByHand: byHand, now: now, using: &random).answer
        }
    }

    private let refused = RenewalAnswer.failed(.refused(status: 404))
    private let wrong = RenewalAnswer.failed(.misconfigured(.renewalRefused(status: 404)))
    private let renewed: RenewalAnswer

    init() throws {
        renewed = .renewed(
            TokenPair(access: try AccessToken("new".utf8), refresh: nil, issuedAt: Self.start, expiresAt: nil))
    }

    @Test func `one user's refusal is that user's, by schedule or by hand`() throws {
        var renewals = Renewals()
        _ = try renewals.renew(1, renewed)
        for round in 0..<100 {
            #expect(try renewals.renew(7, refused, byHand: round.isMultiple(of: 2)) == refused)
        }
        #expect(renewals.admission.breaker.state == .closed)
        var anew = Renewals()
        for _ in 0..<100 { _ = try anew.renew(7, refused, byHand: true) }
        #expect(anew.admission.breaker.state == .closed)
    }

    @Test func `everybody's refusal suspends renewals, and one that is granted ends it`() throws {
        var renewals = Renewals()
        for user in 1...2 as ClosedRange<Int64> { #expect(try renewals.renew(user, refused) == refused) }
        #expect(try renewals.renew(3, refused) == wrong)
        #expect(try renewals.renew(4, refused) == nil)
        renewals.now = try #require(renewals.admission.breaker.waitsUntil)
        #expect(try renewals.renew(5, renewed) == renewed)
        #expect(renewals.admission.breaker.state == .closed)
    }

    @Test func `what is said of our credentials stands for everybody at once`() throws {
        var renewals = Renewals()
        _ = try renewals.renew(1, renewed)
        #expect(try renewals.renew(2, .failed(.misconfigured(.renewalRefused(status: 401)))) != nil)
        #expect(renewals.admission.breaker.state != .closed)
    }

    @Test func `after a reload the next three tell`() throws {
        var renewals = Renewals()
        _ = try renewals.renew(1, renewed)
        renewals.admission.breaker.beginAnew()
        for user in 2...4 as ClosedRange<Int64> { _ = try renewals.renew(user, refused) }
        #expect(renewals.admission.breaker.state != .closed)
    }
}
