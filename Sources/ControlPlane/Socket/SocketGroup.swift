import Glibc

/// Looks up the group that the socket is given to.
enum SocketGroup {
    /// The id of the named group, or of the one whose number is written.
    static func id(of name: String) throws(ControlSocketProblem) -> gid_t {
        var entry = group()
        var found: UnsafeMutablePointer<group>?
        var size = 1_024
        while true {
            var buffer = [CChar](repeating: 0, count: size)
            // Safe: only the number is read from `entry`, and nothing that points into `buffer` is kept.
            let code = getgrnam_r(name, &entry, &buffer, buffer.count, &found)
            if code == ERANGE, size < 1 << 20 {
                size *= 4
                continue
            }
            if code == 0, found != nil { return entry.gr_gid }
            guard let number = gid_t(name) else { throw .noSuchGroup(name) }
            return number
        }
    }
}
