import Foundation
import HTTPTypes
import RefreshCore
import RefreshDaemon
import Testing

@testable import ControlPlane

/// Holds the published description to the code.
struct ControlDescriptionTests {
    private let lines: [String]

    init() throws {
        let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
        let text = try String(
            contentsOf: root.appending(path: "docs/control-api.openapi.yaml"),
            encoding: .utf8
        )
        lines = text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
    }

    @Test func `the description has the routes of the code and no others`() {
        var described: Set<String> = []
        var path = ""
        for line in lines {
            if line.hasPrefix("  /"), line.hasSuffix(":") { path = String(line.dropFirst(2).dropLast()) }
            for method in ["get", "put", "post", "patch", "delete", "head"] where line == "    \(method):" {
                described.insert("\(method.uppercased()) \(path)")
            }
        }
        #expect(described == Set(ControlRoute.allCases.map { "\($0.method.rawValue) \($0.path)" }))
    }

    @Test(arguments: [
        ("ProblemCode", WireProblem.Code.allCases.map(\.rawValue)),
        ("StoreProblemKind", WireStoreProblem.Kind.allCases.map(\.rawValue)),
        ("State", UserState.Kind.allCases.map(\.rawValue)),
        ("Removal", Removal.allCases.map(\.rawValue)),
        ("RegroupAnswer", RegroupAnswer.allCases.map(\.rawValue)),
        ("PartKind", ImportPart.Kind.allCases.map(\.rawValue)),
        ("PutAnswer", PutAnswer.allCases.map(\.rawValue)),
        ("Outcome", OutcomeKind.allCases.map(\.rawValue)),
        ("Refusal", RefreshReport.Refusal.allCases.map(\.rawValue)),
        ("Order", UserOrder.allCases.map(\.rawValue)),
        ("ParkReason", ParkReason.allCases.map(\.rawValue)),
        ("AlertKind", AlertKind.allCases.map(\.rawValue)),
    ]) func `the description has the words of the code and no others`(schema: String, words: [String]) throws {
        let start = try #require(lines.firstIndex(of: "    \(schema):"))
        let list = lines[start...].drop { !$0.hasPrefix("      enum:") }.dropFirst().prefix {
            $0.hasPrefix("        - ")
        }
        #expect(Set(list.map { String($0.dropFirst(10)) }) == Set(words))
    }
}
