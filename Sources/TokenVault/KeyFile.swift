package import RefreshCore

/// Edits the text of a key file one key at a time; comments stay.
package enum KeyFile {
    /// Returns the file with `key` in front, so that it becomes the sealing key.
    package static func adding(_ key: StoreKey, to file: Secret) -> Secret {
        key.encoded.withBytes { line in
            file.withBytes { rest in
                var newline = UInt8(ascii: "\n")
                return withUnsafePointer(to: &newline) {
                    Secret(joining: [line, UnsafeBufferPointer(start: $0, count: 1), rest])
                }
            }
        }
    }

    /// Returns the file without these keys; throws unless the remaining keys can open a store.
    package static func removing(_ ids: Set<KeyID>, from file: Secret) throws(KeyFileProblem) -> Secret {
        let file = file.withBytes { bytes in
            var kept: [UInt8] = []
            kept.reserveCapacity(bytes.count + 1)
            defer { kept.wipe() }
            for line in bytes.split(separator: UInt8(ascii: "\n")) {
                var trimmed = KeyRing.withoutOuterSpace(line)
                defer { trimmed.wipe() }
                if let key = StoreKey(encoded: trimmed), ids.contains(key.id) { continue }
                kept.append(contentsOf: line)
                kept.append(UInt8(ascii: "\n"))
            }
            return Secret(kept)
        }
        try check(file)
        return file
    }

    private static func check(_ file: Secret) throws(KeyFileProblem) {
        _ = try file.withBytes { (bytes) throws(KeyFileProblem) in try KeyRing(file: bytes) }
    }
}

/// Why a key file yields no keys.
///
/// Holds nothing of the file's content.
package enum KeyFileProblem: Error, Equatable, CustomStringConvertible {
    case noKey
    case notAKey(line: Int, characters: Int)
    /// The same key twice, or two keys that share an id.
    case repeated(line: Int, earlier: Int)

    package var description: String {
        switch self {
        case .noKey:
            "the key file holds no key; make one with: bankrefreshd key generate"
        case .notAKey(let line, 44):
            "line \(line) of the key file is not a key: its 44 characters are not the base64 of 32 bytes; "
                + "copy it again, or make a new key with: bankrefreshd key generate"
        case .notAKey(let line, let characters):
            "line \(line) of the key file is not a key: it has \(characters) characters, and a key has 44; "
                + "copy it again, or make a new key with: bankrefreshd key generate"
        case .repeated(let line, let earlier):
            "line \(line) of the key file holds the same key as line \(earlier); remove one of them, "
                + "or replace it by a new key from: bankrefreshd key generate"
        }
    }
}
