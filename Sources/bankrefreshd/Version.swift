/// The version in the output of `--version` and in `User-Agent`.
enum Version {
    static let text = "0.1.0"
}
