import RefreshCore
@testable import TokenVault

extension FuzzTarget {
    /// What is sealed opens, and nothing else does.
    ///
    /// An input is a byte for the kind, a user's id and a token, each after its length, and bytes to change the sealed form
    /// by.
    static let sealed = FuzzTarget("sealed", longest: 1_024) { input throws(Finding) in
        // As a text that was never sealed.
        let forged = SealedToken(bytes: input)
        var input = FuzzInput(input)
        let isRefresh = input.byte() & 1 == 1
        let (kind, otherKind): (TokenKind, TokenKind) = isRefresh ? (.refresh, .access) : (.access, .refresh)
        let idText = String(decoding: input.part(), as: UTF8.self)
        let tokenText = input.part()
        guard let id = try? UserID(idText), let token = try? AccessToken(tokenText) else { return }
        let (sealer, other) = (try sealer(1), try sealer(2))
        let sealed = try obtain("a token is sealed") { try sealer.seal(token, as: kind, for: id) }
        let opened = try obtain("what was sealed opens") { try sealer.open(sealed, as: kind, for: id) }
        try require(opened == token, "another token opens than was sealed")
        try require(sealed.givenUp.takenBack == sealed, "given up and taken back it is another")
        try refuse(forged, by: sealer, kind, id, "what was never sealed")
        try refuse(sealed, by: sealer, otherKind, id, "a token of the other kind")
        try refuse(sealed, by: other, kind, id, "a token under another key")
        try refuse(sealed.givenUp, by: sealer, kind, id, "a token that was given up")
        if let neighbour = try? UserID(idText + "."), neighbour != id {
            try refuse(sealed, by: sealer, kind, neighbour, "another user's token")
        }
        var bytes = sealed.bytes
        for (index, byte) in input.rest.enumerated() { bytes[index % bytes.count] ^= byte }
        if bytes != sealed.bytes { try refuse(SealedToken(bytes: bytes), by: sealer, kind, id, "a changed token") }
        let length = Int(input.rest.first ?? 0) % sealed.bytes.count
        try refuse(SealedToken(bytes: Array(sealed.bytes.prefix(length))), by: sealer, kind, id, "a cut token")
    }

    private static func sealer(_ number: UInt8) throws(Finding) -> TokenSealer {
        guard let key = StoreKey([UInt8](repeating: number, count: StoreKey.byteCount)) else {
            throw Finding(description: "32 bytes are no key")
        }
        return TokenSealer(keys: KeyRing(sealing: key))
    }

    private static func refuse(
        _ sealed: SealedToken, by sealer: TokenSealer, _ kind: TokenKind, _ id: UserID, _ what: String
    ) throws(Finding) {
        guard (try? sealer.open(sealed, as: kind, for: id)) == nil else { throw Finding(description: "\(what) opens") }
    }

    /// Key files: a key that is added seals, and goes again; a refusal shows no key.
    static let keys = FuzzTarget("keys", longest: 1_024) { input throws(Finding) in
        let file = Secret(input)
        let ring: KeyRing
        do throws(KeyFileProblem) { ring = try KeyRing(file: input) } catch {
            try require(error.description.isPlainLine, "no line: \(error)")
            for line in input.split(separator: UInt8(ascii: "\n")) where line.count >= 40 {
                let text = String(decoding: line, as: UTF8.self)
                try MadeUp.require(text, isHiddenIn: error, "a refusal")
            }
            return
        }
        guard let key = StoreKey([UInt8](repeating: 7, count: StoreKey.byteCount)), !ring.ids.contains(key.id) else {
            return
        }
        let added = KeyFile.adding(key, to: file)
        let more = try obtain("a key file is read with one more key") { try added.withBytes { try KeyRing(file: $0) } }
        try require(more.ids == [key.id] + ring.ids, "with one more key the keys are others")
        let fewer = try obtain("a key is removed") { try KeyFile.removing([key.id], from: added) }
        let again = try obtain("the rest is a key file") { try fewer.withBytes { try KeyRing(file: $0) } }
        try require(again.ids == ring.ids, "without the added key the keys are others")
        try require((try? KeyFile.removing(Set(ring.ids), from: file)) == nil, "the last key can be removed")
    }
}
