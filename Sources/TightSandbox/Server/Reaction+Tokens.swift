extension Reaction {
    /// What a request for tokens meets; `settle` trades the tokens and tells what to answer.
    init(to order: RenewalOrder, settle: () -> Answer) {
        self = Self.reaction(to: order.behaviour, order, settle: settle)
    }

    private static func reaction(to behaviour: Behaviour, _ order: RenewalOrder, settle: () -> Answer) -> Reaction {
        switch behaviour {
        case .success: .answer(settle())
        case .truncated: .answer(settle().truncated())
        case .slow(_, let then): reaction(to: then, order, settle: settle)
        case .traded(let then):
            lost(then, order, settled: order.settled ?? settle())
        case .failure(let messages):
            .answer(.refusal(.invalidGrant(messages.global.first ?? messages.fields.values.first ?? "")))
        case .unauthorized: .answer(.refusal(.invalidClient))
        default:
            Reaction(
                to: CallOrder(
                    user: order.user ?? 0,
                    number: order.number,
                    behaviour: behaviour,
                    latency: .zero,
                    generation: order.generation
                )
            )
        }
    }

    private static func lost(_ then: Behaviour, _ order: RenewalOrder, settled: Answer) -> Reaction {
        reaction(to: then, order) { settled }
    }
}
