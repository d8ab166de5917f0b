/// How many users' tokens expire soon; each span holds the shorter ones.
package struct TokenExpiry: Equatable, Sendable {
    package var expired: Int
    package var withinDay: Int
    package var withinWeek: Int
    package var withinMonth: Int

    package init(expired: Int = 0, withinDay: Int = 0, withinWeek: Int = 0, withinMonth: Int = 0) {
        self.expired = expired
        self.withinDay = withinDay
        self.withinWeek = withinWeek
        self.withinMonth = withinMonth
    }
}
