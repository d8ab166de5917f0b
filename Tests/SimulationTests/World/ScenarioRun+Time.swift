import RefreshCore
import RefreshDaemon
import TestSupport

/// Time, and the lives and deaths of processes in it.
extension ScenarioRun {
    func advance(to end: Duration) {
        settle()
        while true {
            let stops = [end, nextStart, troubleEnds, stopAsked.map { $0 + patience }].compactMap { $0 }
            let limit = stops.min() ?? end
            if time.wakeNextSleepers(notAfter: limit) {
                settle()
                continue
            }
            time.jump(to: limit)
            if let troubleEnds, troubleEnds <= time.uptime {
                trouble.set(nil)
                self.troubleEnds = nil
            } else if let nextStart, nextStart <= time.uptime {
                self.nextStart = nil
                start()
            } else if let stopAsked, stopAsked + patience <= time.uptime {
                testimony.note { facts, _ in
                    facts.seen.append(Violation(0, "the daemon was asked to stop at \(stopAsked) and did not"))
                }
                die()
            } else if time.uptime >= end {
                return
            }
            settle()
        }
    }

    /// How long a stop may take before the service manager ends it.
    private var patience: Duration { .minutes(3) }

    /// Runs what can run now, up to the process's end.
    func settle() {
        guard let process else { return }
        if let left = jobsLeft {
            let done = process.executor.run(atMost: left)
            jobsLeft = left - done
            if done == left { return die() }
        } else if process.executor.run(atMost: Self.mostJobsAtOnce) == Self.mostJobsAtOnce {
            testimony.note { facts, _ in
                facts.seen.append(Violation(0, "the daemon works without end, and no time passes"))
            }
            return die()
        }
        if process.end != nil { die() }
    }

    /// Ends the process where it stands; the next one starts after a while.
    func die() {
        guard let process else { return }
        dead.append(process)
        self.process = nil
        busy.forget()
        jobsLeft = nil
        stopAsked = nil
        testimony.note { facts, mark in
            facts.lives[process.number].ended = mark
            facts.life = nil
        }
        nextStart = time.uptime + nextLife.downtime
    }

    func start() {
        if let step = nextLife.step { stepClock(step) }
        if nextLife.isAfterBoot { time.reboot() }
        let isAfterBoot = nextLife.isAfterBoot
        if let settings = nextLife.settings {
            goodSettings = settings
            file.write(settings)
        }
        nextLife = NextLife()
        let settings = goodSettings
        let number = testimony.note { facts, mark -> Int in
            facts.lives.append(Testimony.Life(began: mark, isAfterBoot: isAfterBoot))
            facts.life = facts.lives.count - 1
            if facts.settings.last?.value != settings { facts.settings.append((mark, settings)) }
            return facts.lives.count - 1
        }
        let witness = WitnessStore(
            store.reopened(), testimony: testimony, trouble: trouble, manners: scenario.storeManners, time: time,
            seed: scenario.seed &+ UInt64(number))
        let process = Process(
            number: number,
            daemon: SimulatedDaemon(
                time: time, store: witness, bank: bank, settings: settings, source: file, watchdogInterval: nil,
                seed: scenario.seed &+ UInt64(number) &* 7))
        self.process = process
        process.start()
        settle()
    }

    /// Far more than any honest turn takes.
    private static let mostJobsAtOnce = 1_000_000

    func stepClock(_ step: Duration) {
        time.step(by: step)
        testimony.note { facts, mark in
            facts.steps.append(Testimony.Step(at: mark, by: step, life: facts.life))
        }
    }
}
