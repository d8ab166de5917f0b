extension StoreProblem: CustomStringConvertible {
    /// What is wrong, in words; what to do about it is for whoever tells it.
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
            "a backup was copied over the store \(place), and what belongs to the store before is still there: "
                + files.joined(separator: ", ")
        case .missing(let place): "there is no store at \(place), and store.mustExist forbids to make one"
        case .displaced(let place, let detail): "the store \(place) is not in its place: \(detail)"
        case .notAllowed(let place, let detail): "no access to the store \(place): \(detail)"
        case .full(let place): "the disk that holds \(place) is full"
        case .unreachable(let place, let detail): "the store \(place) does not answer: \(detail)"
        }
    }
}
