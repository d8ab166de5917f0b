import FoundationEssentials
package import RefreshCore

/// The file with the client's secret, which keeps it out of the command line.
package enum ClientSecretFile {
    /// Reads the secret without the line break at its end; creates the file with a new secret if it does not exist.
    package static func read(orMakeAt path: String) throws -> Secret {
        guard FileManager.default.fileExists(atPath: path) else {
            let secret = (0..<40).map { _ in
                "0123456789ABCDEFGHJKMNPQRSTVWXYZabcdefghjkmnpqrstvwxyz".utf8.randomElement() ?? UInt8(ascii: "0")
            }
            try OutputFile.write([secret + [UInt8(ascii: "\n")]], to: path, mode: 0o600)
            return Secret(secret)
        }
        var bytes = Array(try Data(contentsOf: URL(filePath: path)))
        while let last = bytes.last, last == UInt8(ascii: "\n") || last == UInt8(ascii: "\r") { bytes.removeLast() }
        guard !bytes.isEmpty else { throw ClientSecretProblem(path: path) }
        return Secret(bytes)
    }
}

/// A file without a secret.
package struct ClientSecretProblem: Error, CustomStringConvertible {
    let path: String

    package var description: String { "\(path) holds no secret: write one into it, or remove it to have one made" }
}
