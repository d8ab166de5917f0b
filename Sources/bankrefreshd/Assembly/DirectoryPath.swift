/// The directory part of paths.
enum DirectoryPath {
    /// Up to and with the last slash; `./` for a bare name.
    static func of(_ path: String) -> String {
        guard let slash = path.lastIndex(of: "/") else { return "./" }
        return String(path[...slash])
    }
}
