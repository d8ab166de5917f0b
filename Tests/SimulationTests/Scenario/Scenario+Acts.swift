import RefreshCore

/// What a scenario does to the daemon.
extension Scenario {
    static func acts(users: Int, settings: Int, over span: Duration, _ dice: inout Dice) -> [Act.Timed] {
        // Some stories are of one kind of trouble alone, so that one does not hide another.
        let kinds = dice.pick([
            Array(0..<9), Array(0..<9), [0], [1], [2], [3], [4, 5], [6], [7], [8], [2, 6], [0, 2], [5, 6], [0, 6],
        ])
        let count = dice.pick([0, 5, 20, 60])
        var extra = users
        let acts = (0..<count).flatMap { _ -> [Act.Timed] in
            let at = dice.span(.zero...span)
            return (0..<dice.pick([1, 1, 1, 3])).map { _ in
                let delay = dice.spanOfAnySize(.milliseconds(1)...(.minutes(2)))
                let kind = dice.pick(kinds)
                return Act.Timed(
                    at: min(span, at + delay),
                    act: act(of: kind, users: users, extra: &extra, settings: settings, &dice))
            }
        }
        return acts.sorted { $0.at < $1.at }
    }

    private static func act(of kind: Int, users: Int, extra: inout Int, settings: Int, _ dice: inout Dice) -> Act {
        let user = dice.number(0...(users - 1))
        switch kind {
        case 0:
            return .kill(
                afterJobs: dice.pick([0, 1, 3, 10, 30, 100, 300]) + dice.number(0...10), downtime: downtime(&dice),
                step: dice.chance(10) ? step(&dice) : nil, settings: changed(settings, &dice))
        case 1:
            return .restart(
                downtime: downtime(&dice), step: dice.chance(10) ? step(&dice) : nil,
                settings: changed(settings, &dice))
        case 2: return .step(step(&dice))
        case 3: return .suspend(dice.spanOfAnySize(.seconds(1)...(.days(2))))
        case 4: return dice.chance(25) ? .badReload : .reload(dice.number(0...(settings - 1)))
        case 5:
            switch dice.number(0...3) {
            case 0:
                extra += 1
                return .add(extra - 1)
            case 1: return .replaceToken(user)
            case 2: return .revoke(user)
            default: return dice.chance(30) ? .remove(user) : .replaceToken(user)
            }
        case 6:
            let crowd = (0..<dice.pick([1, 1, 2, 10])).map { _ in dice.number(0...(users - 1)) }
            return .refresh(Array(Set(crowd)).sorted(), force: dice.chance(40))
        case 7:
            switch dice.number(0...5) {
            case 0: return .pauseFleet(dice.chance(70) ? dice.spanOfAnySize(.seconds(10)...(.hours(6))) : nil)
            case 1: return .resumeFleet
            case 2, 3: return .pause(user, dice.chance(60) ? dice.spanOfAnySize(.seconds(10)...(.days(2))) : nil)
            default: return .resume(user)
            }
        default:
            return .storeTrouble(
                dice.pick([.writes, .everything, .lostAnswers]), dice.spanOfAnySize(.milliseconds(100)...(.hours(2))))
        }
    }

    private static func downtime(_ dice: inout Dice) -> Duration {
        dice.spanOfAnySize(.milliseconds(100)...(.days(1)))
    }

    private static func changed(_ settings: Int, _ dice: inout Dice) -> Int? {
        dice.chance(20) ? dice.number(0...(settings - 1)) : nil
    }

    private static func step(_ dice: inout Dice) -> Duration {
        let size = dice.spanOfAnySize(.milliseconds(200)...(.days(365)))
        return dice.chance(50) ? size : .zero - size
    }
}
