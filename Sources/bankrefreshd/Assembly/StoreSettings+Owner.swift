import Glibc
import RefreshConfiguration

extension StoreSettings {
    /// The user whom root works for when it runs a command beside the service: whom the store's directory belongs to.
    var owner: UInt32? {
        var status = stat()
        guard geteuid() == 0, stat(DirectoryPath.of(sqlitePath), &status) == 0 else { return nil }
        return status.st_uid
    }
}
