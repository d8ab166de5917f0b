import RefreshCore
import Testing
import TokenVault

/// Keys and tokens made for one test.
enum TestKeys {
    static func key(_ byte: UInt8) throws -> StoreKey {
        try #require(StoreKey([UInt8](repeating: byte, count: 32)))
    }

    static func token(_ length: Int = 97) throws -> AccessToken {
        let alphabet = Array("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._~+/=".utf8)
        return try AccessToken((0..<length).compactMap { _ in alphabet.randomElement() })
    }

    static func bytes(hex: String) -> [UInt8] {
        let digits = Array(hex)
        return stride(from: 0, to: digits.count, by: 2).compactMap {
            UInt8(String(digits[$0..<$0 + 2]), radix: 16)
        }
    }
}
