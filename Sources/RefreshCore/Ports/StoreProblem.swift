/// Why a store cannot be used, as its user has to know it.
///
/// `place` is the path or the address without secrets.
package enum StoreProblem: Error, Equatable, Sendable, Codable {
    /// Another process works with the store; its process id where known.
    case heldByAnother(place: String, process: Int32?)
    /// Written by a newer version of the daemon; `copy` is the copy from before the upgrade, if there is one.
    case newerVersion(place: String, copy: String? = nil)
    /// Tokens in the store were sealed with a key that is not at hand.
    case keyDoesNotFit(place: String, sealedWith: String, atHand: [String])
    /// Its tokens belong to another address of the API than the one that is configured.
    case otherEnvironment(place: String, tokensOf: String, configured: String)
    /// Not a store at all, or damaged.
    case notAStore(place: String, detail: String)
    /// A backup was copied over the store, and these files of the store before still lie beside it: read together they
    /// would be damaged.
    case leftoverFiles(place: String, files: [String])
    /// There is no store, and none is to be made.
    case missing(place: String)
    /// The file that is open is not the one at its path any more.
    case displaced(place: String, detail: String)
    case notAllowed(place: String, detail: String)
    case full(place: String)
    case unreachable(place: String, detail: String)
}
