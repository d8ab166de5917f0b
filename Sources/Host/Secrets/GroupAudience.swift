import Glibc

/// Which users can read what a group may read.
///
/// Kubernetes gives a secret to a pod's `fsGroup`, with mode 0440 and root as its owner. That is as safe as 0400 if the
/// group has no user except this process's.
struct GroupAudience {
    /// The groups of this process.
    var own: Set<gid_t>
    /// This process's user.
    var user: uid_t
    /// The member names in a group's entry, empty if it has none; nil if that cannot be learned.
    var members: (gid_t) -> [String]?
    /// All accounts in `/etc/passwd`, with their primary group; nil if it cannot be read.
    var accounts: () -> [(name: String, id: uid_t, group: gid_t)]?

    /// Whether the group has no user except this process's, apart from root.
    func isAlone(in group: gid_t) -> Bool {
        // Many files belong to group 0 by default.
        guard group != 0, own.contains(group), let accounts = accounts(), let members = members(group) else {
            return false
        }
        let ours = Set(accounts.filter { $0.id == user || $0.id == 0 }.map(\.name))
        return ours.isSuperset(of: members)
            && accounts.allSatisfy { $0.group != group || $0.id == user || $0.id == 0 }
    }
}

extension GroupAudience {
    /// The groups and accounts of this machine, for this process.
    static var ofThisProcess: GroupAudience {
        GroupAudience(own: groups, user: geteuid(), members: members, accounts: { allAccounts })
    }

    private static var groups: Set<gid_t> {
        let count = max(0, getgroups(0, nil))
        var found = [gid_t](repeating: 0, count: Int(count))
        let filled = max(0, getgroups(count, &found))
        return Set(found.prefix(Int(filled)) + [getegid()])
    }

    private static func members(of group: gid_t) -> [String]? {
        var size = 65_536
        while true {
            var (entry, found) = (Glibc.group(), UnsafeMutablePointer<Glibc.group>?.none)
            var buffer = [CChar](repeating: 0, count: size)
            // The names are stored in the buffer.
            let (code, names) = buffer.withUnsafeMutableBufferPointer { buffer -> (Int32, [String]) in
                let code = getgrgid_r(group, &entry, buffer.baseAddress, buffer.count, &found)
                var names: [String] = []
                guard code == 0, found != nil else { return (code, names) }
                var next = entry.gr_mem
                while let name = next?.pointee {
                    names.append(String(cString: name))
                    next = next?.successor()
                }
                return (code, names)
            }
            switch code {
            // A group without an entry, by one code or another (getgrgid(3)).
            case 0, ENOENT, ESRCH: return names
            case ERANGE where size < 1 << 24: size *= 4
            default: return nil
            }
        }
    }

    private static var allAccounts: [(name: String, id: uid_t, group: gid_t)]? {
        // A container may have no such file.
        guard let file = fopen("/etc/passwd", "re") else { return errno == ENOENT ? [] : nil }
        defer { fclose(file) }
        var (entry, found) = (passwd(), UnsafeMutablePointer<passwd>?.none)
        var buffer = [CChar](repeating: 0, count: 65_536)
        var accounts: [(name: String, id: uid_t, group: gid_t)] = []
        while true {
            // The name is stored in the buffer.
            let code = buffer.withUnsafeMutableBufferPointer { buffer -> Int32 in
                guard let start = buffer.baseAddress else { return ERANGE }
                let code = fgetpwent_r(file, &entry, start, buffer.count, &found)
                if code == 0, found != nil {
                    accounts.append((String(cString: entry.pw_name), entry.pw_uid, entry.pw_gid))
                }
                return code
            }
            guard code == 0 else { return code == ENOENT ? accounts : nil }
        }
    }
}
