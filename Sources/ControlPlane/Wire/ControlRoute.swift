import HTTPTypes

/// Everything that can be asked for over the control socket.
enum ControlRoute: CaseIterable, Sendable {
    case status, reload
    case listUsers, putUsers, showUser, removeUser, removeUsers, pauseUser, resumeUser
    case previewUsers, userIDs, regroupUsers, renameUser
    case userLines, exportLines
    case exportUser, exportUsers
    case refresh
    case pauseFleet, resumeFleet
    case dueHistogram
    case userHistory
    case keys, keyUsage, reloadKeys
    case compactStore

    var method: HTTPRequest.Method {
        switch self {
        case .status, .listUsers, .showUser, .dueHistogram, .userHistory, .exportUser, .exportUsers, .userIDs,
            .userLines,
            .exportLines, .keys, .keyUsage:
            .get
        case .removeUser: .delete
        case .reload, .putUsers, .previewUsers, .removeUsers, .regroupUsers, .renameUser, .pauseUser, .resumeUser,
            .refresh,
            .pauseFleet, .resumeFleet, .reloadKeys, .compactStore:
            .post
        }
    }

    /// The path with `{id}` where a user's id stands, percent-encoded.
    var path: String {
        switch self {
        case .status: "/v1/status"
        case .reload: "/v1/reload"
        case .listUsers, .putUsers: "/v1/users"
        case .showUser, .removeUser: "/v1/users/{id}"
        case .previewUsers: "/v1/preview"
        case .userIDs: "/v1/ids"
        case .userLines: "/v1/lines/users"
        case .exportLines: "/v1/lines/export"
        case .removeUsers: "/v1/remove"
        case .regroupUsers: "/v1/group"
        case .renameUser: "/v1/users/{id}/rename"
        case .pauseUser: "/v1/users/{id}/pause"
        case .resumeUser: "/v1/users/{id}/resume"
        case .exportUser: "/v1/users/{id}/export"
        case .exportUsers: "/v1/export"
        case .refresh: "/v1/refresh"
        case .pauseFleet: "/v1/pause"
        case .resumeFleet: "/v1/resume"
        case .dueHistogram: "/v1/plan/due"
        case .userHistory: "/v1/users/{id}/history"
        case .keys: "/v1/keys"
        case .keyUsage: "/v1/keys/usage"
        case .reloadKeys: "/v1/keys/reload"
        case .compactStore: "/v1/store/compact"
        }
    }

    /// The methods that a path knows, sorted; none when there is no such path.
    static func methods(at path: String) -> [String] {
        let segments = path.split(separator: "/")
        let matches = allCases.filter { route in
            let template = route.path.split(separator: "/")
            return template.count == segments.count
                && zip(template, segments).allSatisfy { $0 == "{id}" || $0 == $1 }
        }
        return Set(matches.map(\.method.rawValue)).sorted()
    }
}
