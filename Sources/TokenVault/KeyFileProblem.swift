/// Why a key file gives no keys.
///
/// Never holds anything of its content.
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
