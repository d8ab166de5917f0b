import ArgumentParser

/// How many users a command may remove without being asked: a number, or a share of those that are stored.
enum RemovalLimit: Equatable {
    case users(Int)
    case percent(Double)

    func count(of users: Int) -> Int {
        switch self {
        case .users(let count): count
        case .percent(let percent): Int((Double(users) * percent / 100).rounded(.down))
        }
    }
}

extension RemovalLimit: ExpressibleByArgument, CustomStringConvertible {
    init?(argument: String) {
        if argument.last == "%" {
            let number = argument.dropLast().drop { $0 == " " }.last == " " ? argument.dropLast(2) : argument.dropLast()
            guard let percent = Double(number), (0...100).contains(percent) else { return nil }
            self = .percent(percent)
        } else {
            guard let count = Int(argument), count >= 0 else { return nil }
            self = .users(count)
        }
    }

    var description: String {
        switch self {
        case .users(let count): "\(count)"
        case .percent(let percent):
            percent == percent.rounded() ? "\(Int(percent))%" : "\(percent)%"
        }
    }
}
