import RefreshDaemon

extension StatusReport.Group {
    /// What is to be said of a group that the configuration does not name.
    var remark: String {
        "\(Count.of(users, "user")) \(users == 1 ? "belongs" : "belong") to \(name), which is not configured; "
            + "the general rules apply there"
    }
}
