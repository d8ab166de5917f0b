/// A configuration file, each section as JSON.
///
/// The schedule is one of seconds, so that tests see what otherwise takes days.
struct ConfigurationText {
    var sections: [String: String]

    init(baseURL: String) {
        sections = [
            "api": #"{"baseURL": "\#(baseURL)", "caFile": "\#(Deployment.authorityPath)"}"#,
            "schedule": #"{"every": "2s", "minimumInterval": "1s", "attemptsPerDay": 100000}"#,
            "backoff": #"{"failure": {"first": "2s", "ceiling": "4s"}, "outage": {"first": "500ms", "ceiling": "1s"}}"#,
            "limits": #"{"requestsPerSecond": 1000, "burst": 100}"#,
        ]
    }

    var text: String {
        "{\n" + sections.map { "  \"\($0.key)\": \($0.value)" }.sorted().joined(separator: ",\n") + "\n}\n"
    }
}
