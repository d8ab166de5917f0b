import Glibc

/// Hands the target that the environment variable `FUZZ_TARGET` names to libFuzzer, with the arguments of the command.
///
/// Without one it prints a line for each target: its name and the longest input.
@main enum FuzzProgram {
    fileprivate static let target: FuzzTarget? = {
        let name = getenv("FUZZ_TARGET").map { String(cString: $0) }
        return FuzzTarget.all.first { $0.name == name }
    }()

    static func main() {
        guard target != nil else {
            for target in FuzzTarget.all { print(target.name, target.longest) }
            return
        }
        var count = CommandLine.argc
        var arguments = CommandLine.unsafeArgv
        exit(runFuzzer(&count, &arguments, fuzzOneInput))
    }
}

/// What libFuzzer calls with one input after the other.
///
/// Ends the process at a finding, so that libFuzzer keeps the input.
@_cdecl("LLVMFuzzerTestOneInput")
func fuzzOneInput(_ bytes: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    do throws(Finding) {
        // libFuzzer's memory, for the length of this call.
        try FuzzProgram.target?.run(Array(UnsafeBufferPointer(start: bytes, count: count)))
    } catch {
        let text = Array("\nfinding: \(error)\n".utf8)
        write(STDERR_FILENO, text, text.count)
        abort()
    }
    return 0
}

/// libFuzzer as a function, since this program has an entry of its own.
///
/// Source: FuzzerInterface.h.
@_silgen_name("LLVMFuzzerRunDriver")
private func runFuzzer(
    _ count: UnsafeMutablePointer<CInt>,
    _ arguments: UnsafeMutablePointer<UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>>,
    _ test: @convention(c) (UnsafePointer<UInt8>?, Int) -> CInt
) -> CInt
