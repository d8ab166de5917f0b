import ArgumentParser
import RefreshCore
import RefreshDaemon
import UserImport

/// The users of a command, named on the command line or in a file.
struct NamedUsers: ParsableArguments {
    @Argument(help: "The users' ids.")
    var ids: [String] = []

    @Option(
        help: ArgumentHelp(
            "A file that names the users: one id per line, or CSV with the column user_id; - for standard input.",
            valueName: "file"), completion: .file())
    var file: String?

    func validate() throws {
        guard ids.isEmpty == (file != nil) else { throw ValidationError("name the users, or give --file") }
    }

    /// Passes the users to `body` in parts; returns whether a line of the file was refused.
    ///
    /// Each part comes with a common id and whether it is the last; the last may be empty. A single user is no part,
    /// because the journal needs no summary. Refused lines go to stderr.
    func each(
        _ kind: ImportPart.Kind, with common: CommonOptions,
        _ body: (any OperationPerforming, [UserID], ImportPart?) async throws -> Void
    ) async throws -> Bool {
        // Before the store is opened, which gives up the rights that the file may need.
        let source = try file.map { try ByteSource(path: $0) }
        return try await common.withOperations { operations in
            try await each(of: source, operations.batch.ids, kind) { ids, part in
                try await body(operations, ids, self.ids.count == 1 ? nil : part)
            }
        }
    }

    private func each(
        of source: ByteSource?, _ size: Int, _ kind: ImportPart.Kind,
        _ body: ([UserID], ImportPart) async throws -> Void
    ) async throws -> Bool {
        let name = String(UInt64.random(in: .min ... .max), radix: 36)
        var waiting: [UserID] = []
        func handOn(isAll: Bool) async throws {
            while waiting.count > size {
                try await body(Array(waiting.prefix(size)), ImportPart(id: name, isLast: false, kind: kind))
                waiting.removeFirst(size)
            }
            if isAll { try await body(waiting, ImportPart(id: name, isLast: true, kind: kind)) }
        }
        guard let source else {
            waiting = try ids.map(ArgumentReading.userID)
            try await handOn(isAll: true)
            return false
        }
        var parser = UserIDFileParser()
        var (isAnyRefused, isAny) = (false, false)
        func take(_ parsed: [ParsedUserID]) {
            for line in parsed {
                isAny = true
                switch line.result {
                case .success(let id): waiting.append(id)
                case .failure(let problem):
                    isAnyRefused = true
                    CommandFailure(.badData, "line \(line.line): \(problem)").print(by: nil)
                }
            }
        }
        while let chunk = try source.next() {
            do throws(ImportRefusal) { take(try parser.feed(chunk)) } catch {
                throw CommandFailure(.badData, "\(source.name): \(error)")
            }
            try await handOn(isAll: false)
        }
        take(parser.finish())
        guard isAny else { throw CommandFailure(.badData, "\(source.name): the file names no users") }
        try await handOn(isAll: true)
        return isAnyRefused
    }
}
