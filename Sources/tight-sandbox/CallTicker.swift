import Glibc
import TightSandbox

/// Writes one line a second to standard error: how many calls came, and what they met.
struct CallTicker {
    let sandbox: TightSandbox

    func run() async {
        var last = sandbox.totals
        while (try? await Task.sleep(for: .seconds(1))) != nil {
            let now = sandbox.totals
            let parts = now.behaviours.sorted { $0.key < $1.key }.compactMap { name, count -> String? in
                // A reset in between begins the counts anew.
                let new = count - min(count, last.behaviours[name] ?? 0)
                return new > 0 ? "\(name) \(new)" : nil
            }
            let calls = now.total - min(now.total, last.total)
            let line =
                "\(calls) calls/s, \(now.inFlight) in flight, \(now.total) so far"
                + (parts.isEmpty ? "" : ": " + parts.joined(separator: ", ")) + "\n"
            // `stderr` is a C variable that Swift takes for shared state; its number is not.
            _ = Array(line.utf8).withUnsafeBytes { write(STDERR_FILENO, $0.baseAddress, $0.count) }
            last = now
        }
    }
}
