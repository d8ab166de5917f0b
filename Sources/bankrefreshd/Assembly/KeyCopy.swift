import Glibc
import Host
import RefreshConfiguration
import RefreshCore

/// The keys as a credential: the copy of the key file that systemd made for this process.
struct KeyCopy {
    /// The copy is made right before a process starts.
    ///
    /// If a copy misses a change from longer before the start, restarts do not renew it, and ending would not help.
    private static let margin = Duration.seconds(10)

    private let copy: String
    /// The file from which the unit, as installed, loads the credential.
    private let original: String
    private let begun = Calendar.now

    /// Nil if the keys are read from the key file itself.
    init?(of source: KeySource) {
        guard case .credential(let name) = source.store.key,
            let directory = ProcessEnvironment.nonEmpty("CREDENTIALS_DIRECTORY")
        else { return nil }
        copy = "\(directory)/\(name)"
        original = DirectoryPath.of(source.file) + name
    }

    /// Whether the key file changed after the copy was made; false if that is not known.
    ///
    /// Asking needs no permission to read the file.
    var isOutdated: Bool {
        guard let made = stat(of: copy)?.st_ctim, let changed = stat(of: original)?.st_ctim else { return false }
        let moment = Timestamp(changed)
        return moment > Timestamp(made) && moment > begun.advanced(by: .zero - Self.margin) && moment <= Calendar.now
    }
}

extension Timestamp {
    fileprivate init(_ time: timespec) {
        self = Timestamp(secondsSinceEpoch: Int64(time.tv_sec)).advanced(by: .nanoseconds(time.tv_nsec))
    }
}
