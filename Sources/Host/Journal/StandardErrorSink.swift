import Glibc
import RefreshCore

/// Writes entries as lines to stderr.
///
/// Blocks while the terminal or pipe accepts no more.
package struct StandardErrorSink: JournalSink {
    package enum Form: Sendable, Equatable {
        /// For people: `2026-11-22T14:05:00Z warning: text`.
        case dated
        /// For a journal that reads the stream: `<4>text`. Source: sd-daemon(3).
        case prefixed
        /// For programs: one JSON object.
        case json
    }

    private let form: Form
    private let descriptor: Int32

    package init(form: Form, descriptor: Int32 = STDERR_FILENO) {
        self.form = form
        self.descriptor = descriptor
        // A reader that goes away must not end the daemon; systemd starts services with SIGPIPE ignored too.
        signal(SIGPIPE, SIG_IGN)
    }

    package func write(_ entry: JournalEntry) -> Bool {
        let line = line(of: entry)
        var start = 0
        while start < line.count {
            let written = line.withUnsafeBytes { bytes in
                let rest = UnsafeRawBufferPointer(rebasing: bytes[start...])
                return Glibc.write(descriptor, rest.baseAddress, rest.count)
            }
            if written >= 0 {
                start += written
            } else if errno == EAGAIN {
                // The other end made it non-blocking; wait as a blocking write would.
                var room = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
                poll(&room, 1, -1)
            } else if errno != EINTR {
                return false
            }
        }
        return true
    }

    func line(of entry: JournalEntry) -> [UInt8] {
        var line: [UInt8] = []
        switch form {
        case .json: return entry.jsonLine
        case .dated: line.append(contentsOf: "\(entry.at) \(entry.priority.word): ".utf8)
        case .prefixed: line.append(contentsOf: "<\(entry.priority.rawValue)>".utf8)
        }
        line.append(contentsOf: entry.message)
        line.append(UInt8(ascii: "\n"))
        return line
    }
}
