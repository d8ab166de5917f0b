/// What became of one user that was to be removed.
package enum Removal: String, Word {
    /// Gone, with all that was stored of it.
    case removed
    case noSuchUser
    /// Added since the given time, so it is still wanted.
    case kept
}
