import Glibc
import RefreshCore

/// Where entries go, and in which form (`log.format`).
package enum LogFormat: Sendable, CaseIterable {
    /// To the journal if stderr leads there, otherwise to stderr as text.
    case auto
    /// To stderr as text.
    case text
    /// To stderr as JSON.
    case json

    /// Decides for this process; the arguments are those of `JournalStream.ofThisProcess`.
    package func stream(
        environment: (String) -> String? = ProcessEnvironment.value,
        descriptor: Int32 = STDERR_FILENO,
        journalSocket: String = JournalSocket.path
    ) -> JournalStream {
        let found = JournalStream.ofThisProcess(
            environment: environment, descriptor: descriptor, journalSocket: journalSocket)
        return switch (self, found) {
        case (.auto, _): found
        case (.json, _): .standardError(.json)
        // A journal at the other end reads the priority from each line, and adds the time itself.
        case (.text, .journal): .standardError(.prefixed)
        case (.text, .standardError): found
        }
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
