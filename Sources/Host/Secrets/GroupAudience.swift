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
    /// The member names in a group's entry; empty if it has none.
    var members: (gid_t) -> [String]
    /// All accounts in `/etc/passwd`, with their primary group.
    var accounts: () -> [(name: String, id: uid_t, group: gid_t)]

    /// Whether the group has no user except this process's, apart from root.
    func isAlone(in group: gid_t) -> Bool {
        // Many files belong to group 0 by default.
        guard group != 0, own.contains(group) else { return false }
        let accounts = accounts()
        let ours = Set(accounts.filter { $0.id == user || $0.id == 0 }.map(\.name))
        return ours.isSuperset(of: members(group))
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

    private static func members(of group: gid_t) -> [String] {
        var (entry, found) = (Glibc.group(), UnsafeMutablePointer<Glibc.group>?.none)
        var buffer = [CChar](repeating: 0, count: 65_536)
        // The names are stored in the buffer.
        return buffer.withUnsafeMutableBufferPointer { buffer in
            guard getgrgid_r(group, &entry, buffer.baseAddress, buffer.count, &found) == 0, found != nil else {
                return []
            }
            var names: [String] = []
            var next = entry.gr_mem
            while let name = next?.pointee {
                names.append(String(cString: name))
                next = next?.successor()
            }
            return names
        }
    }

    private static var allAccounts: [(name: String, id: uid_t, group: gid_t)] {
        guard let file = fopen("/etc/passwd", "re") else { return [] }
        defer { fclose(file) }
        var (entry, found) = (passwd(), UnsafeMutablePointer<passwd>?.none)
        var buffer = [CChar](repeating: 0, count: 65_536)
        var accounts: [(name: String, id: uid_t, group: gid_t)] = []
        while fgetpwent_r(file, &entry, &buffer, buffer.count, &found) == 0, found != nil {
            accounts.append((String(cString: entry.pw_name), entry.pw_uid, entry.pw_gid))
        }
        return accounts
    }
}
