import Glibc
import RefreshConfiguration
import RefreshCore
import SQLiteStore

/// Checks the directories to which the daemon writes, and their free space.
extension StartConditions {
    /// Returns whether the daemon can use the store's directory.
    mutating func checkDirectories(_ configuration: Configuration) -> Bool {
        let standard = Configuration.default
        let before = problems.count
        if configuration.store.postgresql.hosts == nil { checkStoreDirectory(configuration.store, standard.store) }
        let isInReach = problems.count == before
        checkDirectory(
            of: configuration.controlSocket, madeBy: standard.controlSocket, path: "control.socket",
            suggestion: "make it, or set RuntimeDirectory= in the unit: install -d -m 0755" + owning)
        return isInReach
    }

    private mutating func checkStoreDirectory(_ settings: StoreSettings, _ standard: StoreSettings) {
        let store = settings.sqlitePath
        checkDirectory(
            of: store, madeBy: standard.sqlitePath, path: "store.sqlite.path",
            suggestion: "make it, for the daemon's user alone: install -d -m 0700" + owning)
        if let obstacle = StoreOpening.obstacle(toStoreAt: store) { add(obstacle, at: "store.sqlite.path") }
        checkRoom(in: DirectoryPath.of(store), for: store, path: "store.sqlite.path")
        if let backups = settings.backup.directory { checkBackups(backups, store: store) }
    }

    /// The daemon makes a missing directory itself if its parent exists.
    private mutating func checkBackups(_ directory: String, store: String) {
        let path = "store.backup.directory"
        guard let status = stat(of: directory) else {
            if errno == ENOTDIR { return add("\(directory) leads through a file", "name another directory", at: path) }
            return checkDirectory(
                of: directory, madeBy: Configuration.default.store.sqlitePath, path: path,
                suggestion: "make it, or name another for backups: install -d -m 0700" + owning)
        }
        guard status.isDirectory else {
            return add("\(directory) is no directory", "name a directory for backups", at: path)
        }
        checkWriting(to: directory, path: path)
        // If it is the store's file system, its space is checked already.
        if stat(of: DirectoryPath.of(store))?.st_dev == status.st_dev { return }
        checkRoom(in: directory, for: directory, path: path)
    }

    /// Checks the directory of `file`; `suggestion` is completed with its name.
    ///
    /// The unit makes the directory of `standard` when it starts.
    private mutating func checkDirectory(of file: String, madeBy standard: String, path: String, suggestion: String) {
        let directory = DirectoryPath.of(file)
        guard stat(of: directory) == nil else { return checkWriting(to: directory, path: path) }
        switch errno {
        case EACCES: checkWriting(to: directory, path: path)
        case ENOENT where directory == DirectoryPath.of(standard):
            notes.append("\(path): there is no directory \(directory) yet; the unit makes it when it starts")
        case ENOTDIR: add("\(directory) is no directory, or leads through a file", "name another place", at: path)
        default: add("there is no directory \(directory)", "\(suggestion) \(directory)", at: path)
        }
    }

    private mutating func checkWriting(to directory: String, path: String) {
        if let service {
            if let obstacle = service.obstacle(makingFilesIn: directory) { add(obstacle, at: path) }
        } else if access(directory, W_OK | X_OK) != 0 {
            if errno == EROFS { return add(.readOnlyFileSystem(directory), at: path) }
            // Not a problem: the daemon's user may be able to write there although this one is not.
            noteUnchecked(path, directory)
        }
    }

    /// Checks that the file system has room for the store's writes and for new files.
    private mutating func checkRoom(in directory: String, for place: String, path: String) {
        do {
            try SQLiteUserStore.verifyRoom(in: directory, for: place)
        } catch {
            return add(error, at: path)
        }
        var status = statvfs()
        if statvfs(directory, &status) == 0, status.f_files > 0, status.f_favail == 0 {
            add(
                "the file system of \(directory) takes no more files", "remove some: df -i \(directory) shows how many",
                at: path)
        }
    }

    /// The option of install(1) for the owner, if the name of the daemon's user is known.
    private var owning: String {
        if let name = unit?.user?.name ?? service?.user.name { return " -o \(name)" }
        return geteuid() == 0 && ServiceUser(name: "bankrefreshd") != nil ? " -o bankrefreshd" : ""
    }
}
