/// The exit codes that scripts may rely on.
///
/// Source: sysexits(3).
enum SystemExit: Int32 {
    case usage = 64
    case badData = 65
    case unreachable = 69
    case software = 70
    case outputFailed = 74
    case tryLater = 75
    case notAllowed = 77
    case configuration = 78
}
