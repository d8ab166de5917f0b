/// Why a store cannot be used.
///
/// `place` is a path, or the address of a server without secrets; `StorePlace` tells them apart. If `remedy` is nil,
/// what to do follows from the place alone.
package enum StoreProblem: Error, Equatable, Sendable, Codable {
    /// Another process uses the store; its process id if known.
    case heldByAnother(place: String, process: Int32?)
    /// Written by a newer version of the daemon; `copy` is the copy from before the upgrade, if there is one.
    case newerVersion(place: String, copy: String? = nil)
    case keyDoesNotFit(place: String, sealedWith: String, atHand: [String])
    case otherEnvironment(place: String, tokensOf: String, configured: String)
    /// Not a store at all, or damaged.
    case notAStore(place: String, detail: String)
    /// A backup was copied over the store, but these files of the previous store still lie beside it.
    ///
    /// Read together, they would be damaged.
    case leftoverFiles(place: String, files: [String])
    case missing(place: String)
    /// The open file is no longer the one at its path.
    case displaced(place: String, detail: String)
    case notAllowed(place: String, detail: String, remedy: String? = nil)
    case full(place: String)
    /// Another daemon of the fleet has this one's name and lives; its version, and since when it is there.
    case memberOfSameName(place: String, name: String, version: String, since: Timestamp)
    /// The store's upgrade waits until these daemons of an older version are gone.
    case olderMembers(place: String, members: [String])
    case unreachable(place: String, detail: String, remedy: String? = nil)
    /// The server is unsuitable until a person changes it, or the configuration.
    case unfit(place: String, detail: String, remedy: String)
    case closed(place: String, StoreClosure)
}

/// The text for commands, the journal, the page and the service manager.
extension StoreProblem: CustomStringConvertible {
    /// What is wrong, with its place.
    package var description: String {
        switch self {
        case .heldByAnother(let place, let process):
            "the store \(place) is in use by \(process.map { "process \($0)" } ?? "another process")"
        case .newerVersion(let place, _): "the store \(place) was written by a newer version of bankrefreshd"
        case .keyDoesNotFit(let place, let sealedWith, let atHand):
            "the key does not fit the store \(place): its tokens are sealed with key \(sealedWith),"
                + " at hand is \(atHand.isEmpty ? "none" : atHand.joined(separator: ", "))"
        case .otherEnvironment(let place, let tokensOf, let configured):
            "the tokens in the store \(place) belong to \(tokensOf), but the configuration says \(configured):"
                + " they would be sent to the wrong place"
        case .notAStore(let place, let detail): "\(place) is not a usable store: \(detail)"
        case .leftoverFiles(let place, let files):
            "a backup was copied over the store \(place), and files of the previous store are still there: "
                + files.joined(separator: ", ")
        case .missing(let place): "there is no store at \(place), and store.mustExist forbids creating one"
        case .displaced(let place, let detail): "the store \(place) is not in its place: \(detail)"
        case .notAllowed(let place, let detail, _): "no access to the store \(place): \(detail)"
        case .full(let place): "the disk that holds \(place) is full"
        case .memberOfSameName(let place, let name, let version, let since):
            "another daemon named \"\(name)\" works with the store \(place): version \(version), since \(since)"
        case .olderMembers(let place, let members):
            "this version changes the format of the store \(place), and daemons of an older version still work with "
                + "it: " + members.joined(separator: ", ")
        case .unreachable(let place, let detail, _): "the store \(place) does not answer: \(detail)"
        case .unfit(let place, let detail, _): "the store \(place) cannot be used: \(detail)"
        case .closed(let place, let closure): "the store \(place) \(closure)"
        }
    }

    /// Whether the store is on a server rather than in a file on this machine.
    package var isOnServer: Bool {
        switch self {
        case .heldByAnother(let place, _), .newerVersion(let place, _), .keyDoesNotFit(let place, _, _),
            .otherEnvironment(let place, _, _), .notAStore(let place, _), .leftoverFiles(let place, _),
            .missing(let place), .displaced(let place, _), .notAllowed(let place, _, _), .full(let place),
            .unreachable(let place, _, _), .unfit(let place, _, _), .memberOfSameName(let place, _, _, _),
            .olderMembers(let place, _), .closed(let place, _):
            StorePlace(place).isOnServer
        }
    }

    /// What to do; nil if that depends.
    package var remedy: String? {
        switch self {
        case .notAllowed(_, _, let remedy?), .unreachable(_, _, let remedy?), .unfit(_, _, let remedy): remedy
        case .closed(_, let closure): closure.remedy
        case .otherEnvironment(_, _, let configured) where isOnServer:
            "fix the section api, or store.postgresql.database; if the tokens really belong there now: bankrefreshd store "
                + "adopt \(configured)"
        case .notAStore where isOnServer:
            "name another database in store.postgresql.database; if the store was there and is damaged, restore the "
                + "database from its backup"
        case .missing where isOnServer:
            "name the database that holds it in store.postgresql, or restore it there; for a first start set "
                + "store.mustExist to false"
        case .displaced where isOnServer:
            "if another database holds the store, name it in store.postgresql.database; if its schema was dropped: stop "
                + "every daemon, restore it, and pause all calls before you start one again"
        case .full where isOnServer: "make room on the server's disk; nothing is lost"
        case .heldByAnother: "end that process, or ask the daemon through its control socket"
        case .newerVersion(_, nil): "install that version again; this one changes nothing in it"
        case .newerVersion(_, let copy?):
            "install that version again; or restore the store from before its upgrade: bankrefreshd store restore "
                + "\(copy)"
        case .keyDoesNotFit:
            "put the right key where store.key points; nothing was changed; if that key is lost for good: "
                + "bankrefreshd key replace --lost"
        case .otherEnvironment(_, _, let configured):
            "fix the section api, or the path of the store; if the tokens really belong there now: bankrefreshd store "
                + "adopt \(configured)"
        case .notAStore:
            "restore it from a backup: bankrefreshd store restore FILE; or move it away to start with an "
                + "empty one"
        case .leftoverFiles(_, let files):
            "remove them, then start again: rm \(files.joined(separator: " ")); next time: "
                + "bankrefreshd store restore FILE"
        case .missing:
            "mount the file system that holds it, or restore it from a backup: bankrefreshd store restore FILE; for a "
                + "first start set store.mustExist to false"
        case .displaced: "put the file back where it was; the daemon then resumes by itself"
        case .notAllowed(let place, _, nil):
            "run as the user bankrefreshd; if a file of the store belongs to another user: "
                + "chown bankrefreshd: \(place)*"
        case .full: "make room; nothing is lost"
        case .memberOfSameName:
            "give each daemon of a store a name of its own with store.postgresql.member, or end the other one"
        case .olderMembers: "stop them, or upgrade them; this one starts as soon as none of them is running"
        case .unreachable: nil
        }
    }
}
