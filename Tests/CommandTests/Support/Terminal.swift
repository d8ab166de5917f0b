import Foundation
import Glibc
import Testing

/// A terminal that a program runs on; what it shows is the program's output.
final class Terminal: Sendable {
    let shown = Transcript()
    /// The program's end; closed once the program has it, so that its exit ends the transcript.
    let programSide: FileHandle
    private let ourSide: FileHandle

    init(columns: UInt16 = 80, rows: UInt16 = 24) throws {
        var (ours, theirs): (Int32, Int32) = (-1, -1)
        var size = winsize(ws_row: rows, ws_col: columns, ws_xpixel: 0, ws_ypixel: 0)
        try #require(openpty(&ours, &theirs, nil, nil, &size) == 0)
        // Programs get their side by name only, and never ours.
        _ = fcntl(ours, F_SETFD, FD_CLOEXEC)
        _ = fcntl(theirs, F_SETFD, FD_CLOEXEC)
        // A descriptor of its own for what is typed: the other is closed at the end of what is shown.
        ourSide = FileHandle(fileDescriptor: fcntl(ours, F_DUPFD_CLOEXEC, 0), closeOnDealloc: true)
        programSide = FileHandle(fileDescriptor: theirs, closeOnDealloc: true)
        shown.collect(from: ours)
    }

    func type(_ text: String) {
        let bytes = Array(text.utf8)
        _ = write(ourSide.fileDescriptor, bytes, bytes.count)
    }

    /// As when somebody drags the window's corner; who is on the terminal has to be told.
    func resize(columns: UInt16, rows: UInt16) {
        var size = winsize(ws_row: rows, ws_col: columns, ws_xpixel: 0, ws_ypixel: 0)
        _ = ioctl(ourSide.fileDescriptor, UInt(TIOCSWINSZ), &size)
    }

    /// Whether what is typed is shown.
    var echoes: Bool {
        var settings = termios()
        return tcgetattr(ourSide.fileDescriptor, &settings) == 0 && settings.c_lflag & tcflag_t(ECHO) != 0
    }
}
