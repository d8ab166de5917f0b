import Testing

@testable import RefreshCore

@Suite struct AlertTextTests {
    private func alert(_ kind: AlertKind, _ figure: Alert.Figure, _ threshold: Double) -> Alert {
        Alert(kind: kind, since: .epoch, figure: figure, threshold: threshold)
    }

    @Test func `says what is the matter, of how many, and from where on that is an alert`() {
        let share = Alert.Figure(value: 0.3125, users: 1_250, total: 4_000, span: 3_600)
        #expect(
            alert(.rejected, share, 0.2).text
                == "1,250 of 4,000 users called in the last 1 h were answered FAILURE (31.3 %, alert from 20 %)")
        #expect(
            alert(.stale, .init(value: 0.1, users: 1, total: 10, span: 2.5), 0.05).text
                == "1 of 10 users had no success for 2.5 turns of their schedule (10 %, alert from 5 %)")
        #expect(
            alert(.expiring, .init(value: 1, users: 1, span: 259_200), 1).text
                == "1 token will expire within 3 d (alert from 1 token)")
        #expect(alert(.late, .init(value: 11_100), 3_600).text == "calls are made 3 h 5 min late (alert from 1 h)")
        #expect(
            alert(.refusedCalls, .init(value: 0.0125, users: 1_250, total: 100_000), 0.01).text
                == "1,250 of 100,000 users are refused by Tight with a 4xx status, too many to park anybody for it "
                + "(1.3 %, alert from 1 %)")
        // Too few to be a share of any weight: still as many as they are.
        #expect(
            alert(.api, .init(value: 0, users: 3, total: 4, span: 60), 0.2).text
                == "3 of 4 users called in the last 1 min got no usable answer from the API (75 %, alert from 20 %)")
    }
}
