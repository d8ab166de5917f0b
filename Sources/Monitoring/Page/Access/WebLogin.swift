import Crypto
import Dispatch
import FoundationEssentials
import RefreshCore
package import RefreshDaemon
import Synchronization

/// Decides whether the sender of a request may see the page.
///
/// A password check is slow on purpose. It runs on a thread of its own, one at a time, and a correct password is
/// remembered, because programs send it with every request. Wrong passwords have a budget: ten at once, then one a
/// second. Beyond it nothing is checked, so guessing is slow and takes little processor time.
package final class WebLogin: Sendable {
    enum Verdict: Equatable {
        case granted, refused
        /// Not checked, because too many passwords were wrong.
        case tooMany
    }

    private struct State {
        /// By name, the proof of the password that was correct.
        var proofs: [[UInt8]: HMAC<SHA256>.MAC] = [:]
        var budget: TokenBucket
    }

    private static let burst = 10.0

    package let users: WebUsers
    private let time: any Timekeeping
    /// The key never leaves this object, so a proof reveals nothing about a password.
    private let key = SymmetricKey(size: .bits256)
    private let queue = DispatchQueue(label: "web login")
    private let state: Mutex<State>

    package init(users: WebUsers, time: any Timekeeping) {
        self.users = users
        self.time = time
        var budget = TokenBucket(rate: 1, burst: Self.burst, now: Self.moment(time))
        // The budget begins full.
        budget.giveBack(Int(Self.burst))
        state = Mutex(State(budget: budget))
    }

    /// `header` is the request's `Authorization` field; nil if it has none.
    func verdict(on header: String?) async -> Verdict {
        guard let given = header.flatMap(BasicCredentials.init) else { return .refused }
        let proof = given.proof(by: key)
        let isKnown = state.withLock { state in
            if state.proofs[given.name] == proof { return true as Bool? }
            let now = Self.moment(time)
            guard state.budget.available(now) > 0 else { return nil }
            state.budget.take(1, now: now)
            return false
        }
        guard let isKnown else { return .tooMany }
        if isKnown { return .granted }
        let isRight = await withCheckedContinuation { continuation in
            queue.async { [users] in
                continuation.resume(returning: users.contains(given.name, password: given.password))
            }
        }
        guard isRight else { return .refused }
        state.withLock { state in
            state.proofs[given.name] = proof
            state.budget.giveBack(1)
        }
        return .granted
    }

    /// On the steady clock: setting the calendar must not refill the budget.
    private static func moment(_ time: any Timekeeping) -> Timestamp {
        Timestamp(secondsSinceEpoch: 0).advanced(by: time.uptime)
    }
}

/// A name and a password, as a request sends them.
///
/// Source: RFC 7617.
struct BasicCredentials: Sendable {
    let name: [UInt8]
    let password: Secret

    /// Nil if the header is not of this form, or if name or password is too long.
    init?(_ header: String) {
        let parts = header.split(separator: " ", maxSplits: 1)
        guard parts.count == 2, parts[0].lowercased() == "basic", let data = Data(base64Encoded: String(parts[1]))
        else { return nil }
        var bytes = Array(data)
        defer { bytes.wipe() }
        guard let colon = bytes.firstIndex(of: UInt8(ascii: ":")), colon <= WebUsers.longestName,
            bytes.count - colon - 1 <= PasswordHash.longestPassword
        else { return nil }
        name = Array(bytes[..<colon])
        password = Secret(bytes[(colon + 1)...])
    }

    func proof(by key: SymmetricKey) -> HMAC<SHA256>.MAC {
        var code = HMAC<SHA256>(key: key)
        code.update(data: name + [0])
        password.withBytes { code.update(data: UnsafeRawBufferPointer($0)) }
        return code.finalize()
    }
}
