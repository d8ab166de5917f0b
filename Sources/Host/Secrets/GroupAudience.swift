import Glibc

/// Who may read what a group may read.
///
/// Kubernetes gives a secret to the group `fsGroup` of a pod, with mode 0440 and root as its owner. That is as good as
/// 0400 where nobody but this process's user is in the group.
struct GroupAudience {
    /// The groups of this process.
    var own: Set<gid_t>
    /// This process's user.
    var user: uid_t
    /// The names in a group's entry; empty where it has none.
    var members: (gid_t) -> [String]
    /// Everybody whom this machine knows, with their first group.
    var accounts: () -> [(name: String, id: uid_t, group: gid_t)]

    /// Whether this process's user is all there is in a group, root apart.
    func isAlone(in group: gid_t) -> Bool {
        // The group 0 is given to many things as a matter of course.
        guard group != 0, own.contains(group) else { return false }
        let accounts = accounts()
        let ours = Set(accounts.filter { $0.id == user || $0.id == 0 }.map(\.name))
        return ours.isSuperset(of: members(group))
            && accounts.allSatisfy { $0.group != group || $0.id == user || $0.id == 0 }
    }
}

extension GroupAudience {
    /// As this machine tells.
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
        // The names lie in the buffer.
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
