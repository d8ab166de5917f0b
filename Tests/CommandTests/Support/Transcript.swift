import Foundation
import Glibc
import Synchronization

/// What a program writes, as it comes.
final class Transcript: Sendable {
    private struct State {
        var bytes = Data()
        var hasEnded = false
        var waiters: [UUID: (wanted: String?, times: Int, continuation: CheckedContinuation<Bool, Never>)] = [:]
    }

    private let state = Mutex(State())

    /// Empty data is the end.
    func append(_ data: Data) {
        let answered = state.withLock { state in
            state.bytes += data
            if data.isEmpty { state.hasEnded = true }
            let text = String(decoding: state.bytes, as: UTF8.self)
            return state.waiters.compactMap { id, waiter -> (CheckedContinuation<Bool, Never>, Bool)? in
                let isFound = waiter.wanted.map { text.holds($0, times: waiter.times) } ?? state.hasEnded
                guard isFound || state.hasEnded else { return nil }
                state.waiters[id] = nil
                return (waiter.continuation, isFound)
            }
        }
        for (continuation, isFound) in answered { continuation.resume(returning: isFound) }
    }

    /// Takes all that comes from a pipe or terminal, on a thread of its own; closes it at the end.
    func collect(from descriptor: Int32) {
        Thread.detachNewThread { [self] in
            var buffer = [UInt8](repeating: 0, count: 65_536)
            while true {
                // A terminal ends with EIO, once the last program has closed its side.
                let count = read(descriptor, &buffer, buffer.count)
                if count < 0, errno == EINTR { continue }
                if count <= 0 { break }
                append(Data(buffer.prefix(count)))
            }
            close(descriptor)
            append(Data())
        }
    }

    var text: String { String(decoding: bytes, as: UTF8.self) }
    var bytes: Data { state.withLock { $0.bytes } }

    /// Suspends until the text is there; false when the program ends without it, or the test is given up.
    func wait(for wanted: String) async -> Bool { await suspend(until: wanted) }

    /// As `wait`, until it was there so often.
    func wait(for wanted: String, times: Int) async -> Bool { await suspend(until: wanted, times: times) }

    /// All of it.
    func whole() async -> String {
        _ = await suspend(until: nil)
        return text
    }

    private func suspend(until wanted: String?, times: Int = 1) async -> Bool {
        let id = UUID()
        return await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let answer = state.withLock { state -> Bool? in
                    if let wanted, String(decoding: state.bytes, as: UTF8.self).holds(wanted, times: times) {
                        return true
                    }
                    if state.hasEnded || Task.isCancelled { return wanted == nil && state.hasEnded }
                    state.waiters[id] = (wanted, times, continuation)
                    return nil
                }
                if let answer { continuation.resume(returning: answer) }
            }
        } onCancel: {
            state.withLock { $0.waiters.removeValue(forKey: id)?.continuation }?.resume(returning: false)
        }
    }
}

extension String {
    fileprivate func holds(_ text: String, times: Int) -> Bool {
        times == 1 ? contains(text) : components(separatedBy: text).count > times
    }
}
