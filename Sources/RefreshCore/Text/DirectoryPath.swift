package enum DirectoryPath {
    /// The path up to and including the last slash; `./` for a bare name.
    package static func of(_ path: String) -> String {
        path.lastIndex(of: "/").map { String(path[...$0]) } ?? "./"
    }
}
