/// How successes appear in the journal (`log.refreshed`); whatever did not succeed is always told one by one.
package enum RefreshedEntries: Sendable, Equatable {
    case each
    /// One entry with counts for each interval that had a success.
    case summary(every: Duration)
}
