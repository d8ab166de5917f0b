import Testing

/// What is said of the disk that store and journal take.
@Suite(.timeLimit(.minutes(1)))
struct GrowthTests {
    @Test func `status and plan say what is taken and what comes`() async throws {
        try await Workplace.with { place in
            try await place.importAll()
            _ = try await place.startDaemon()
            #expect(try await place.run("refresh", "user-000001").status == 0)
            let status = try await place.run("status")
            #expect(
                status.output.contains("B; the last day's calls added about 40 bytes\n"), "\(status.output)")
            let store = try #require(try await place.run("status", "--json").object["store"] as? [String: Any])
            #expect(store["historyBytesLastDay"] as? Int == 40)
            #expect(store["bytes"] as? Int ?? 0 > 50_000)
            let plan = try await place.run("plan", "--users", "1000000").output
            #expect(plan.contains("2.2 GB: 1.1 KB for the entry of each call"))
            #expect(plan.contains("80 MB: 40 bytes of the store for each call"))
            #expect(plan.contains("4 GB, with history.maximumAge 90d and history.keep 100"))
        }
    }
}
