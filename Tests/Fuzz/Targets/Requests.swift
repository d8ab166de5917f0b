import Foundation
import RefreshCore
import RefreshDaemon

extension FuzzTarget {
    /// Requests of the control socket: what can be read is the same when it is sent again, and what cannot is refused by
    /// its place, without a token.
    ///
    /// An input is the name of an operation in a line, then its parameters as JSON.
    static let requests = FuzzTarget("requests", longest: 4_096) { input throws(Finding) in
        var input = FuzzInput(input)
        let name = input.lineText()
        guard let type = Operations.all.first(where: { $0.name == name }) else { return }
        try check(type, Data(input.rest))
    }

    /// The operation that an input asks for; nil where it is refused.
    static func operationTaken(from input: [UInt8]) -> String? {
        var input = FuzzInput(input)
        let name = input.lineText()
        guard let type = Operations.all.first(where: { $0.name == name }) else { return nil }
        return (try? read(type, Data(input.rest))) == nil ? nil : name
    }

    private static func read<Asked: RefreshDaemon.Operation>(_ type: Asked.Type, _ body: Data) throws -> Asked {
        let operation = try JSONDecoder().decode(Strict<Asked>.self, from: body).operation
        try operation.validate()
        return operation
    }

    private static func check<Asked: RefreshDaemon.Operation>(_ type: Asked.Type, _ body: Data) throws(Finding) {
        let operation: Asked
        do { operation = try read(type, body) } catch {
            return try checkRefusal(error)
        }
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        let sent = try obtain("what was read can be sent") { try encoder.encode(operation) }
        let again = try obtain("what was sent can be read") {
            try JSONDecoder().decode(Strict<Asked>.self, from: sent).operation
        }
        try require(again == operation, "sent again it is another: \(again) instead of \(operation)")
    }

    private static func checkRefusal(_ error: any Error) throws(Finding) {
        let problem: FieldProblem
        switch error {
        case let error as FieldProblem: problem = error
        case let error as DecodingError: problem = FieldProblem(error)
        default: throw Finding(description: "refused by \(type(of: error)): \(error)")
        }
        try require(!problem.reason.isEmpty && problem.description.isPlainLine, "no line: \(problem)")
        try MadeUp.require(MadeUp.token, isHiddenIn: problem, "a refusal")
    }

    /// As the server reads it.
    private struct Strict<Asked: RefreshDaemon.Operation>: Decodable {
        let operation: Asked

        init(from decoder: any Decoder) throws {
            try decoder.refuseUnknownKeys(Asked.CodingKeys.self)
            operation = try Asked(from: decoder)
        }
    }
}
