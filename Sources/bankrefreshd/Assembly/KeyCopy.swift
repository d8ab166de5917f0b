import Glibc
import Host
import RefreshConfiguration
import RefreshCore

/// The keys as a credential: what the service manager copied of the key file for this process.
struct KeyCopy {
    /// The copy is made right before a process starts.
    ///
    /// Where it lies about for longer, no start makes a new one, and to end for its sake would help nobody.
    private static let margin = Duration.seconds(10)

    private let copy: String
    /// Where the unit loads it from, as installed.
    private let original: String
    private let begun: Timestamp

    /// Nil where the keys are read from the key file itself.
    init?(of source: KeySource, begun: Timestamp = Calendar.now) {
        guard case .credential(let name) = source.store.key,
            let directory = ProcessEnvironment.value("CREDENTIALS_DIRECTORY"), !directory.isEmpty
        else { return nil }
        copy = "\(directory)/\(name)"
        original = DirectoryPath.of(source.file) + name
        self.begun = begun
    }

    /// Whether the key file has become another one since the copy was made; not where it cannot be told.
    var isOutdated: Bool {
        guard let made = Self.status(copy)?.st_ctim, let changed = Self.status(original)?.st_ctim else { return false }
        let moment = Timestamp(changed)
        return moment > Timestamp(made) && moment > begun.advanced(by: .zero - Self.margin) && moment <= Calendar.now
    }

    /// To look takes no right to read.
    private static func status(_ path: String) -> stat? {
        var status = stat()
        return stat(path, &status) == 0 ? status : nil
    }
}

extension Timestamp {
    fileprivate init(_ time: timespec) {
        self = Timestamp(secondsSinceEpoch: Int64(time.tv_sec)).advanced(by: .nanoseconds(time.tv_nsec))
    }
}
