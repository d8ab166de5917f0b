import RefreshCore
import RefreshDaemon
import TestSupport

/// What happens to the daemon and what the operator asks of it.
extension ScenarioRun {
    func perform(_ act: Act) {
        switch act {
        case .kill(let jobs, let downtime, let step, let settings):
            guard process != nil else { return }
            nextLife = NextLife(downtime: downtime, step: step, settings: settings.map { scenario.settings[$0] })
            jobsLeft = jobs
        case .restart(let downtime, let step, let settings):
            guard let process, stopAsked == nil else { return }
            nextLife = NextLife(downtime: downtime, step: step, settings: settings.map { scenario.settings[$0] })
            stopAsked = time.uptime
            process.daemon.daemon.stop()
        case .step(let step): stepClock(step)
        case .suspend(let duration):
            testimony.note { facts, mark in facts.suspends.append((mark, duration)) }
            time.jump(to: time.uptime + duration)
            if stopAsked != nil { stopAsked = time.uptime }
        case .reload(let index): reload(scenario.settings[index])
        case .badReload: reload(nil)
        case .add(let number), .replaceToken(let number): put(number)
        case .remove(let number):
            change(number, .remove(Self.userID(number))) {
                // Nobody to remove is nothing done.
                guard try await $0.perform(RemoveUsers([$1])) == [.removed] else {
                    throw OperationProblem.noSuchUser($1)
                }
            }
        case .pause(let number, let duration):
            let until = duration.map { time.now.advanced(by: $0) }
            change(number, .pause(Self.userID(number), until: until)) {
                _ = try await $0.perform(PauseUser($1, until: until))
            }
        case .resume(let number):
            change(number, .resume(Self.userID(number))) { _ = try await $0.perform(ResumeUser($1)) }
        case .refresh(let numbers, let force):
            let ids = numbers.map(Self.userID)
            command(.refresh(Set(ids), force: force)) { _ = try await $0.perform(RefreshUsers(ids, force: force)) }
        case .pauseFleet(let duration):
            let until = duration.map { time.now.advanced(by: $0) }
            command(.pauseFleet(until: until)) { _ = try await $0.perform(PauseAll(until: until)) }
        case .resumeFleet: command(.resumeFleet) { _ = try await $0.perform(ResumeAll()) }
        case .revoke(let number): revoke(number)
        case .storeTrouble(let kind, let duration):
            trouble.set(kind)
            let from = time.uptime
            let until = max(troubleEnds ?? .zero, from + duration)
            troubleEnds = until
            testimony.note { facts, _ in facts.troubles.append((from, until)) }
        }
        settle()
    }

    private func revoke(_ number: Int) {
        let id = Self.userID(number)
        testimony.note { facts, _ in
            facts.revoked.formUnion(facts.owners.filter { $0.value.user == id }.map(\.key))
        }
    }

    private static let reloading = -1

    private func put(_ number: Int) {
        guard process != nil, busy.enter(number) else { return }
        do {
            let id = Self.userID(number)
            let token = try newToken(number)
            let entry = UserEntry(id: id, token: token, group: scenario.group(of: number))
            let busy = busy
            command(.put(id, version: tokenVersions[number] ?? 0)) { operations in
                defer { busy.leave(number) }
                _ = try await operations.perform(PutUsers([entry]))
            }
        } catch { preconditionFailure("\(error)") }
    }

    private func change(
        _ number: Int, _ kind: Testimony.Command.Kind,
        _ work: @escaping @Sendable (DaemonContext, UserID) async throws -> Void
    ) {
        guard process != nil, busy.enter(number) else { return }
        let busy = busy
        command(kind) { operations in
            defer { busy.leave(number) }
            try await work(operations, Self.userID(number))
        }
    }

    private func reload(_ settings: DaemonSettings?) {
        // One at a time, so that what each changed can be told.
        guard let process, busy.enter(Self.reloading) else { return }
        let busy = busy
        file.write(settings)
        if let settings { goodSettings = settings }
        let live = process.daemon.settings
        let testimony = testimony
        let before = live.value
        command(.reload) { operations in
            defer { busy.leave(Self.reloading) }
            do {
                _ = try await operations.perform(ReloadConfiguration())
                if let settings {
                    testimony.note { facts, mark in facts.settings.append((mark, settings)) }
                } else {
                    testimony.note { facts, _ in facts.seen.append(Violation(8, "a bad file was taken")) }
                }
            } catch {
                guard settings == nil, live.value != before else { return }
                testimony.note { facts, _ in
                    facts.seen.append(Violation(8, "a reload that was refused changed the settings"))
                }
            }
        }
    }

    /// Asks the daemon for something, in its own process; its answer is noted if it lives to give one.
    private func command(
        _ kind: Testimony.Command.Kind, _ work: @escaping @Sendable (DaemonContext) async throws -> Void
    ) {
        guard let process else { return }
        let testimony = testimony
        let operations = process.daemon.operations
        let index = testimony.note { facts, mark -> Int in
            facts.commands.append(Testimony.Command(kind: kind, life: process.number, issued: mark))
            return facts.commands.count - 1
        }
        process.run {
            let succeeded: Bool
            do {
                try await work(operations)
                succeeded = true
            } catch {
                succeeded = false
            }
            testimony.note { facts, mark in
                facts.commands[index].answered = mark
                facts.commands[index].succeeded = succeeded
            }
        }
    }
}
