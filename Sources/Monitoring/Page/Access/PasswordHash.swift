import CCrypt
import Glibc
import RefreshCore

/// A password hash as crypt(3) writes it, by a method that is strong enough and not too slow.
///
/// Source: crypt(5).
struct PasswordHash: Equatable, Sendable {
    /// Longer passwords are refused; bcrypt looks only at the first 72 bytes.
    static let longestPassword = 256
    /// What one check may take: up to 64 MiB and about a quarter of a second.
    private static let yescryptCosts: Set<Substring> = ["j75", "j85", "j7T", "j8T", "j9T", "jAT", "jBT"]
    private static let bcryptCosts = 4...12
    private static let mostRounds = 500_000

    private let text: Secret

    init(_ text: String) throws(PasswordHashProblem) {
        let isPlain = text.utf8.allSatisfy { (0x21...0x7E).contains($0) && !"*!:;\\".utf8.contains($0) }
        let parts = text.split(separator: "$", omittingEmptySubsequences: false)
        guard isPlain, parts.count >= 4, parts[0].isEmpty else { throw .notAccepted }
        let digest = parts[parts.count - 1].utf8.count
        let isComplete: Bool
        switch parts[1] {
        case "y":
            isComplete = parts.count == 5 && digest == 43
            guard !isComplete || Self.yescryptCosts.contains(parts[2]) else { throw .tooSlow }
        case "2a", "2b", "2y":
            isComplete = parts.count == 4 && digest == 53
            guard !isComplete || Int(parts[2]).map(Self.bcryptCosts.contains) == true else { throw .tooSlow }
        case "5", "6":
            let rounds = parts[2].hasPrefix("rounds=") ? Int(parts[2].dropFirst(7)) : 0
            isComplete = parts.count == (rounds == 0 ? 4 : 5) && digest == (parts[1] == "5" ? 43 : 86)
            guard !isComplete || rounds.map({ $0 <= Self.mostRounds }) == true else { throw .tooSlow }
        default: throw .notAccepted
        }
        guard isComplete else { throw .incomplete }
        self.text = Secret(text.utf8)
    }

    /// Whether the password matches; takes as long as the hash demands, and the comparison takes constant time.
    func matches(_ password: Secret) -> Bool {
        guard password.count <= Self.longestPassword, password.withBytes({ !$0.contains(0) }) else { return false }
        var phrase = password.withBytes { Array($0) + [0] }
        var setting = text.withBytes { Array($0) + [0] }
        var (work, size) = (UnsafeMutableRawPointer?.none, Int32(0))
        defer {
            phrase.wipe()
            setting.wipe()
            // It contains the password.
            if let work { UnsafeMutableRawBufferPointer(start: work, count: Int(size)).wipe() }
            free(work)
        }
        let made = phrase.withUnsafeBytes { phrase in
            setting.withUnsafeBytes { setting in
                // Both strings end in a zero byte, and the result lies in `work`.
                crypt_ra(
                    phrase.baseAddress?.assumingMemoryBound(to: CChar.self),
                    setting.baseAddress?.assumingMemoryBound(to: CChar.self), &work, &size)
            }
        }
        guard let made else { return false }
        return Secret(UnsafeRawBufferPointer(start: made, count: strlen(made))) == text
    }
}

/// Why a hash is not accepted.
package enum PasswordHashProblem: Error, Equatable, Sendable {
    /// The method is weak or unknown, or the text is no hash.
    case notAccepted
    case incomplete
    case tooSlow

    var reason: String {
        switch self {
        case .notAccepted: "not a hash by yescrypt, bcrypt, SHA-512 or SHA-256"
        case .incomplete: "a hash that is cut short or damaged"
        case .tooSlow:
            "a hash that takes too long to check: allowed are up to 64 MiB for yescrypt, a cost of 12 for bcrypt, "
                + "and 500,000 rounds for SHA"
        }
    }

    var remedy: String {
        switch self {
        case .incomplete: "copy it again, whole"
        case .notAccepted, .tooSlow: "make another: mkpasswd --method=yescrypt, or openssl passwd -6"
        }
    }
}
