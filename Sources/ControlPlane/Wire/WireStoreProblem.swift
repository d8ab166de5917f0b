import RefreshCore

/// A problem of the store, its parts side by side.
struct WireStoreProblem: Codable, Equatable {
    enum Kind: String, Codable, CaseIterable {
        case heldByAnother, newerVersion, keyDoesNotFit, otherEnvironment, notAStore, leftoverFiles, missing, displaced,
            notAllowed, full, unreachable
    }

    let kind: Kind
    let place: String
    var process: Int32?
    var sealedWith: String?
    var atHand: [String]?
    var detail: String?
    var tokensOf: String?
    var configured: String?
    var copy: String?
    var files: [String]?

    init(_ problem: StoreProblem) {
        switch problem {
        case .heldByAnother(let place, let process):
            self.init(.heldByAnother, place)
            self.process = process
        case .newerVersion(let place, let copy):
            self.init(.newerVersion, place)
            self.copy = copy
        case .keyDoesNotFit(let place, let sealedWith, let atHand):
            self.init(.keyDoesNotFit, place)
            self.sealedWith = sealedWith
            self.atHand = atHand
        case .otherEnvironment(let place, let tokensOf, let configured):
            self.init(.otherEnvironment, place)
            self.tokensOf = tokensOf
            self.configured = configured
        case .notAStore(let place, let detail): self.init(.notAStore, place, detail)
        case .leftoverFiles(let place, let files):
            self.init(.leftoverFiles, place)
            self.files = files
        case .missing(let place): self.init(.missing, place)
        case .displaced(let place, let detail): self.init(.displaced, place, detail)
        case .notAllowed(let place, let detail): self.init(.notAllowed, place, detail)
        case .full(let place): self.init(.full, place)
        case .unreachable(let place, let detail): self.init(.unreachable, place, detail)
        }
    }

    private init(_ kind: Kind, _ place: String, _ detail: String? = nil) {
        self.kind = kind
        self.place = place
        self.detail = detail
    }

    /// Nil when a part that belongs to the kind is missing.
    var problem: StoreProblem? {
        switch kind {
        case .heldByAnother: return .heldByAnother(place: place, process: process)
        case .newerVersion: return .newerVersion(place: place, copy: copy)
        case .keyDoesNotFit:
            guard let sealedWith, let atHand else { return nil }
            return .keyDoesNotFit(place: place, sealedWith: sealedWith, atHand: atHand)
        case .otherEnvironment:
            guard let tokensOf, let configured else { return nil }
            return .otherEnvironment(place: place, tokensOf: tokensOf, configured: configured)
        case .notAStore: return detail.map { .notAStore(place: place, detail: $0) }
        case .leftoverFiles: return files.map { .leftoverFiles(place: place, files: $0) }
        case .missing: return .missing(place: place)
        case .displaced: return detail.map { .displaced(place: place, detail: $0) }
        case .notAllowed: return detail.map { .notAllowed(place: place, detail: $0) }
        case .full: return .full(place: place)
        case .unreachable: return detail.map { .unreachable(place: place, detail: $0) }
        }
    }

    var message: String {
        switch kind {
        case .heldByAnother:
            "another process\(process.map { " (\($0))" } ?? "") works with the store \(place); stop it first"
        case .newerVersion: "the store \(place) was written by a newer version; install that version"
        case .keyDoesNotFit: "the store \(place) is sealed with another key; give the one it was sealed with"
        case .otherEnvironment: "the tokens in the store \(place) belong to another address of the API"
        case .notAStore: "\(place) is no store, or damaged: \(detail ?? "")"
        case .leftoverFiles:
            "a backup was copied over the store \(place), and files of the store before are there still"
        case .missing: "there is no store at \(place)"
        case .displaced: "the store \(place) is not in its place: \(detail ?? "")"
        case .notAllowed: "no permission for the store \(place): \(detail ?? "")"
        case .full: "no space is left for the store \(place); free some"
        case .unreachable: "the store \(place) does not answer: \(detail ?? "")"
        }
    }
}
