import RefreshCore

extension KeyRing {
    /// Reads a key file: one key a line in base64; blank lines and lines that begin with `#` are passed over.
    package init(file bytes: some Collection<UInt8>) throws(KeyFileProblem) {
        var found: [(line: Int, key: StoreKey)] = []
        for (index, raw) in bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
            .enumerated()
        {
            var line = Self.withoutOuterSpace(raw)
            defer { line.wipe() }
            if line.isEmpty || line.first == UInt8(ascii: "#") { continue }
            guard let key = StoreKey(encoded: line) else {
                throw .notAKey(line: index + 1, characters: line.count)
            }
            if let earlier = found.first(where: { $0.key.id == key.id }) {
                throw .repeated(line: index + 1, earlier: earlier.line)
            }
            found.append((index + 1, key))
        }
        guard let first = found.first else { throw .noKey }
        self.init(sealing: first.key, opening: found.dropFirst().map(\.key))
    }

    static func withoutOuterSpace<Bytes: Collection<UInt8>>(_ line: Bytes) -> [UInt8] {
        let isSpace: (UInt8) -> Bool = { $0 == 0x20 || $0 == 0x09 || $0 == 0x0D }
        return line.drop(while: isSpace).reversed().drop(while: isSpace).reversed()
    }
}
