import Dispatch
import Glibc
import RefreshCore
import RefreshDaemon
import UnixSignals

/// Shows the daemon's status repeatedly until it is stopped.
struct StatusWatch {
    private enum Happening: Sendable {
        case sampled(Result<StatusReport, CommandFailure>, at: Duration)
        case signal(UnixSignal)
        case typed([UInt8])
    }

    let interval: Duration
    let sample: @Sendable () async throws -> StatusReport

    /// Returns the exit code: 0 after q or Ctrl-C, otherwise 128 plus the signal's number.
    func onTerminal() async throws -> Int32 {
        let (happenings, feed) = AsyncStream.makeStream(of: Happening.self)
        // Trapped before the screen is switched: a signal in between would not restore it.
        let signals = await UnixSignalsSequence(trapping: .sigint, .sigterm, .sighup, .sigwinch, .sigcont)
        let keys = Self.keys(feed)
        defer { keys?.cancel() }
        let screen = LiveScreen()
        defer { screen.leave() }
        return await withTaskGroup(of: Void.self) { group in
            group.addTask {
                for await signal in signals { feed.yield(.signal(signal)) }
            }
            group.addTask { [self] in await takeSamples(feed) }
            defer { group.cancelAll() }
            return await show(happenings, on: screen)
        }
    }

    /// Prints one JSON document per line, forever; if there is no status, the document says why.
    func asJSON() async throws {
        while true {
            do {
                StandardOutput.write(try JSONText.line(of: try await sample()))
            } catch {
                let failure = CommandFailure(describing: error)
                StandardOutput.write(try JSONText.line(of: ["phase": "down", "problem": failure.message]))
            }
            try await Task.sleep(for: interval)
        }
    }

    private func takeSamples(_ feed: AsyncStream<Happening>.Continuation) async {
        let begun = ContinuousClock.now
        while !Task.isCancelled {
            let result: Result<StatusReport, CommandFailure>
            do { result = .success(try await sample()) } catch { result = .failure(CommandFailure(describing: error)) }
            feed.yield(.sampled(result, at: begun.duration(to: .now)))
            try? await Task.sleep(for: interval)
        }
    }

    private func show(_ happenings: AsyncStream<Happening>, on screen: LiveScreen) async -> Int32 {
        var history = RateHistory(barLength: max(interval, .seconds(5)))
        var latest: (status: StatusReport, at: Duration)?
        var outage: (words: String, at: Duration)?
        for await happening in happenings {
            switch happening {
            case .sampled(.success(let status), let at):
                (latest, outage) = ((status, at), nil)
                history.note(status.outcomes, since: status.since, at: at)
            case .sampled(.failure(let failure), let at): outage = (failure.message, at)
            case .signal(.sigwinch), .signal(.sigcont): screen.invalidate()
            case .signal(.sigint): return 0
            case .signal(.sigterm): return 128 + SIGTERM
            case .signal: return 128 + SIGHUP
            case .typed(let bytes):
                if bytes.contains(UInt8(ascii: "q")) || bytes.contains(UInt8(ascii: "Q")) { return 0 }
                continue
            }
            let size = TerminalSize.now ?? TerminalSize(columns: 80, rows: 24)
            var lines: [ScreenLine] = []
            if let latest {
                var view = StatusScreen(status: latest.status, history: history, now: Calendar.now)
                view.outage = outage.map { ($0.words, $0.at - latest.at) }
                lines = view.lines(within: size)
            } else if let outage {
                lines = [ScreenLine(outage.words, .bad), ScreenLine("waiting for it; q quits", .dim)]
                    .prefix(size.rows).map { $0.cut(to: size.columns) }
            }
            screen.draw(lines, within: size)
        }
        return 0
    }

    /// Reads what is typed; nil if stdin is not a terminal.
    private static func keys(_ feed: AsyncStream<Happening>.Continuation) -> (any DispatchSourceRead)? {
        guard isatty(STDIN_FILENO) == 1 else { return nil }
        let source = DispatchSource.makeReadSource(fileDescriptor: STDIN_FILENO)
        source.setEventHandler {
            var buffer = [UInt8](repeating: 0, count: 64)
            let count = read(STDIN_FILENO, &buffer, buffer.count)
            if count > 0 { feed.yield(.typed(Array(buffer.prefix(count)))) }
        }
        source.activate()
        return source
    }
}
