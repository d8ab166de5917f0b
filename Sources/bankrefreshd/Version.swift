/// The version that `--version` prints and Tight sees in `User-Agent`.
enum Version {
    static let text = "0.1.0"
}
