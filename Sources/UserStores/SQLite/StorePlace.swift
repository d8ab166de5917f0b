import Glibc
import RefreshCore

/// The files of a store that is open, as they were found at their paths: whether those still lead to them.
///
/// As long as a file is open, no other gets its number.
struct StorePlace: Sendable {
    private struct Identity: Equatable {
        let device: dev_t
        let number: ino_t

        init?(_ file: String) {
            var status = stat()
            guard stat(file, &status) == 0 else { return nil }
            device = status.st_dev
            number = status.st_ino
        }
    }

    private let path: String
    private let files: [(name: String, identity: Identity)]

    /// Takes note of the files as they are; all of them have to be open, and to stay so.
    init(path: String) {
        self.path = path
        files = [path, path + "-wal", path + ".lock"].compactMap { name in Identity(name).map { (name, $0) } }
    }

    func verify() throws(StoreProblem) {
        for (name, identity) in files {
            guard let found = Identity(name) else { throw .displaced(place: path, detail: "\(name) is gone") }
            guard found == identity else { throw .displaced(place: path, detail: "another file is at \(name)") }
        }
    }
}
