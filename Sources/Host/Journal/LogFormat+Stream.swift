import Glibc
package import RefreshCore

extension LogFormat {
    /// Where the entries of this process go.
    ///
    /// `$JOURNAL_STREAM` alone proves nothing: programs inherit it even if their stderr is a terminal or a file.
    /// Source: systemd.exec(5), `$JOURNAL_STREAM`.
    package func stream(
        environment: (String) -> String? = ProcessEnvironment.value,
        descriptor: Int32 = STDERR_FILENO,
        journalSocket: String = JournalSocket.path
    ) -> JournalStream {
        if self == .json { return .standardError(.json) }
        var status = stat()
        guard fstat(descriptor, &status) == 0,
            environment("JOURNAL_STREAM") == "\(status.st_dev):\(status.st_ino)"
        else { return .standardError(.dated) }
        // If the socket is out of reach (in a root directory of its own), the stream still leads to the journal, which
        // reads the priority from each line; sd_journal_sendv would lose every entry and report success.
        return self == .auto && access(journalSocket, W_OK) == 0 ? .journal : .standardError(.prefixed)
    }
}

extension JournalEntry {
    /// The entry as one line of JSON, with the names and values of `journalctl -o json`.
    var jsonLine: [UInt8] {
        var line: [UInt8] = []
        line.reserveCapacity(bytes.count + 256)
        line.append(text: "{\"__REALTIME_TIMESTAMP\":\"")
        line.append(decimal: at.microsecondsSinceEpoch)
        line.append(text: "\",\"TIMESTAMP\":\"")
        line.append(preciseRFC3339: at)
        line.append(UInt8(ascii: "\""))
        for range in fields {
            let field = bytes[range]
            guard let sign = field.firstIndex(of: UInt8(ascii: "=")) else { continue }
            line.append(text: ",\"")
            line.append(contentsOf: field[..<sign])
            line.append(text: "\":")
            let value = field[(sign + 1)...]
            line.append(jsonText: value.span)
        }
        line.append(text: "}\n")
        return line
    }
}
