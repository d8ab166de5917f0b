import Glibc

extension CommandFailure {
    /// What an error number means for a file that a command was to write or read.
    init(errno code: Int32, at file: String) {
        let detail = "\(file): \(String(cString: strerror(code)))"
        switch code {
        case EACCES, EPERM, EROFS: self.init(.notAllowed, detail)
        case ENOSPC, EDQUOT:
            self.init(.tryLater, "the disk that holds \(file) is full", remedy: "make room; nothing is lost")
        default: self.init(.tryLater, detail)
        }
    }
}
