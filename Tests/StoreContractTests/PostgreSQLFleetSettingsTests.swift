import RefreshCore
import Testing

@testable import PostgreSQLStore

/// The settings that all daemons of a store follow.
///
/// The server's clock stands where a test sets it.
@Suite(.timeLimit(.minutes(1))) struct PostgreSQLFleetSettingsTests {
    @Test func `no claim is made by the settings of before, from the moment on in which others are published`()
        async throws
    {
        try await withFleetPair { pair in
            try await pair.addUsers()
            let three = try await pair.settings.open(as: "three", leaseClock: .server)
            let third = three.fleet(version: "1.0")
            let members = [(pair.one, pair.first), (pair.two, pair.second), (three, third)]
            for (_, fleet) in members {
                let version = try await fleet.join(MemberReport(), settings: "6h").settingsVersion
                fleet.follow(settingsVersion: try #require(version))
            }
            func claims() async throws -> [Int] {
                var counts: [Int] = []
                for (store, _) in members {
                    counts.append(try await store.leaseDue(now: .now, until: .later, limit: 1).count)
                    counts.append(try await store.leaseProbes(now: .now, until: .later, limit: 1).count)
                }
                return counts
            }
            #expect(try await claims() == [1, 1, 1, 1, 1, 1])

            let before = try await third.beat(MemberReport()).settingsVersion
            let published = try #require(try await pair.first.publish("12h", as: nil, over: before))
            #expect(try await claims() == [0, 0, 0, 0, 0, 0])
            let byHand = try await three.lease(UserID("not due"), now: .now, until: .later)
            #expect(byHand == .failure(.otherSettings))
            // Who has taken them calls, and nobody else; renewals of tokens go on.
            pair.second.follow(settingsVersion: published.version)
            #expect(try await claims() == [0, 0, 1, 1, 0, 0])
            #expect(try await pair.one.leaseRenewals(now: .now, until: .later, limit: 1).count == 1)
            third.follow(settingsVersion: published.version)
            #expect(
                try await three.lease(UserID("not due"), now: .now, until: .later).get().user.id.rawValue == "not due")
            #expect(try await claims() == [0, 0, 1, 1, 1, 1])
            // A command is no member and makes no call; what it leases by name is for others than banks.
            let command = try await pair.settings.open(as: "a command", leaseClock: .server)
            #expect(try await command.fleetSettings() == published)
            await command.close()
            await three.close()
        }
    }

    @Test func `who publishes over other settings than those of now changes nothing`() async throws {
        try await withFleetPair { pair in
            #expect(try await pair.first.settings() == nil)
            let first = try #require(try await pair.first.publish("a", as: nil, over: nil))
            #expect(first == FleetSettings(version: Timestamp.now.microsecondsSinceEpoch, text: "a"))
            #expect(try await pair.second.publish("b", as: nil, over: nil) == nil)
            let second = try #require(try await pair.second.publish("b", as: nil, over: first.version))
            #expect(second.version == first.version + 1)
            #expect(try await pair.first.publish("c", as: nil, over: first.version) == nil)
            #expect(try await pair.first.settings() == second)
            #expect(try await pair.first.beat(MemberReport()).settingsVersion == second.version)
            // What a server lacks that took another's place keeps the version that members know it by.
            let lost = try #require(try await pair.first.publish("lost", as: 77, over: second.version))
            #expect(lost == FleetSettings(version: 77, text: "lost"))
        }
    }

    @Test func `a publication is heard at once`() async throws {
        try await withFleetPair { pair in
            try await pair.beat()
            await pair.second.changed()
            let heard = Task { await pair.second.changed() }
            _ = try await pair.first.publish("a", as: nil, over: nil)
            await heard.value
        }
    }

    @Test func `the first daemon brings the settings, later ones take them, and one that finds nobody brings its own`()
        async throws
    {
        try await withFleetPair { pair in
            let first = try await pair.first.join(MemberReport(), settings: "old")
            #expect(first.settingsVersion != nil && first.replacedSettings == nil)
            let second = try await pair.second.join(MemberReport(), settings: "new")
            #expect(second.settingsVersion == first.settingsVersion && second.replacedSettings == nil)
            #expect(try await pair.second.settings()?.text == "old")
            // One that was silent for a minute before the last of all left overrules nobody any more.
            for second in [6, 60] as [Int64] {
                try await pair.first.leave()
                try await pair.settings.setServerClock(.second(second))
                let early = try await pair.first.join(MemberReport(), settings: "new")
                #expect(early.settingsVersion == first.settingsVersion)
            }
            try await pair.settings.setServerClock(.second(61))
            try await pair.first.leave()
            try await pair.settings.setServerClock(.second(90_000))
            let alone = try await pair.first.join(MemberReport(), settings: "new")
            #expect(alone.replacedSettings == "old")
            #expect(try #require(alone.settingsVersion) > (first.settingsVersion ?? .max))
            // The same again is no news.
            try await pair.first.leave()
            let again = try await pair.first.join(MemberReport(), settings: "new")
            #expect(again.settingsVersion == alone.settingsVersion && again.replacedSettings == nil)
        }
    }

    @Test func `after an outage all settings stand, and who has the name of one that lives brings none`() async throws {
        try await withFleetPair { pair in
            for fleet in [pair.first, pair.second] {
                _ = try await fleet.join(MemberReport(), settings: "old")
            }
            // Nobody reached the server for an hour, and one is started again with a newer file.
            try await pair.settings.setServerClock(.second(3_600))
            let again = try await pair.settings.open(leaseClock: .server)
            let started = again.fleet(version: "1.0")
            #expect(try await started.join(MemberReport(), settings: "new").replacedSettings == nil)
            #expect(try await pair.first.settings()?.text == "old")
            // Alone by now, and there by its name.
            try await pair.settings.setServerClock(.second(3_700))
            _ = try await started.beat(MemberReport())
            let twin = try await pair.settings.open(leaseClock: .server)
            await #expect(throws: StoreProblem.self) {
                try await twin.fleet(version: "1.0").join(MemberReport(), settings: "twin")
            }
            #expect(try await pair.first.settings()?.text == "old")
            await again.close()
            await twin.close()
        }
    }

    @Test func `who joins while another server takes over brings nothing, and is told so`() async throws {
        try await withFleetPair { pair in
            _ = try await pair.first.join(MemberReport(), settings: "old")
            try await pair.settings.execute("UPDATE bankrefreshd.fleet SET server = 'another'")
            let three = try await pair.settings.open(as: "three", leaseClock: .server)
            let third = three.fleet(version: "1.0")
            let joining = try await third.join(MemberReport(), settings: "new")
            #expect(joining.isPromotionOpen && !joining.hasJoined)
            try await pair.settings.setServerClock(.second(16))
            #expect(try await third.join(MemberReport(), settings: "new").hasJoined)
            await three.close()
        }
    }

    @Test func `of daemons that start at the same moment one brings its settings`() async throws {
        try await withFleetPair { pair in
            for round in 0..<10 {
                async let one = pair.first.join(MemberReport(), settings: "one \(round)")
                async let two = pair.second.join(MemberReport(), settings: "two \(round)")
                let versions = try await [one.settingsVersion, two.settingsVersion]
                let settings = try #require(try await pair.first.settings())
                // Both saw the one that is there.
                #expect(versions == [settings.version, settings.version])
                #expect(settings.text.hasSuffix("\(round)"))
                try await pair.first.leave()
                try await pair.second.leave()
            }
        }
    }

    @Test func `what a server lacks that took another's place is not replaced before it is known`() async throws {
        try await withFleetPair { pair in
            _ = try await pair.first.publish("a", as: nil, over: nil)
            try await pair.settings.execute("UPDATE bankrefreshd.fleet SET server = 'another'")
            let version = try await pair.first.settings()?.version
            #expect(try await pair.first.publish("b", as: nil, over: version) == nil)
        }
    }
}
