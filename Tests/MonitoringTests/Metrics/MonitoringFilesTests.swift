import Monitoring
import Foundation
import Testing

/// What ships for Prometheus and Grafana asks for what the daemon tells.
struct MonitoringFilesTests {
    private static let series = Set(Metric.all.flatMap(\.series))

    /// Words that look like a metric's name.
    private func names(in text: String) -> Set<String> {
        Set(text.matches(of: /\b(?:bankrefreshd|process)_[a-z_]+/).map { String($0.output) })
    }

    /// The labels that selectors and groupings ask for, by what stands before an operator.
    private func labels(in text: String) -> Set<String> {
        Set(text.matches(of: /([a-z]+) *(?:=~|!=|=) *\\?"/).map { String($0.output.1) })
    }

    @Test(arguments: ["monitoring/grafana-dashboard.json", "monitoring/alerts.yml", "monitoring/alerts_test.yml"])
    func `only metrics and labels that exist are named`(path: String) throws {
        let text = try Repository.text(path)
        let named = names(in: text)
        #expect(named.count > 5)
        #expect(named.subtracting(Self.series).isEmpty)
        let known = Set(Metric.all.flatMap(\.labels)).union(["instance", "job", "le"])
        #expect(labels(in: text).subtracting(known).isEmpty)
    }

    @Test func `every metric is told of in the documentation, and no other`() throws {
        let text = try Repository.text("docs/monitoring.md")
        let rows = text.split(separator: "\n").compactMap { $0.firstMatch(of: /^\| `([a-z_]+)/)?.output.1 }.map(
            String.init)
        #expect(rows == Metric.all.map(\.name))
        for metric in Metric.all { #expect(text.contains(metric.help), "\(metric.name)") }
    }

    @Test func `every alert says what it means and what to do, and has its test`() throws {
        let rules = try Repository.text("monitoring/alerts.yml")
        let tests = try Repository.text("monitoring/alerts_test.yml")
        let alerts = rules.matches(of: /- alert: (\w+)/).map { String($0.output.1) }
        #expect(alerts.count >= 12)
        for (alert, text) in zip(alerts, rules.components(separatedBy: "- alert: ").dropFirst()) {
            for key in ["summary: ", "description: ", "command: ", "severity: "] {
                #expect(text.contains(key), "\(alert)")
            }
            #expect(tests.contains("{eval_time: "), "\(alert)")
            #expect(tests.components(separatedBy: "alertname: \(alert)\n").count >= 2, "\(alert) never fires in a test")
        }
    }

    @Test func `promtool accepts the rules, and they fire when they should`() throws {
        let check = try Promtool.run("check", "rules", "alerts.yml")
        #expect(check.status == 0, "\(check.output)")
        let test = try Promtool.run("test", "rules", "alerts_test.yml")
        #expect(test.status == 0, "\(test.output)")
    }

    @Test func `the dashboard is one that Grafana can load`() throws {
        let data = Data(try Repository.text("monitoring/grafana-dashboard.json").utf8)
        let dashboard = try #require(try JSONSerialization.jsonObject(with: data) as? [String: Any])
        let panels = try #require(dashboard["panels"] as? [[String: Any]])
        let ids = panels.compactMap { $0["id"] as? Int }
        #expect(ids.count == panels.count)
        #expect(Set(ids).count == ids.count)
        for panel in panels where panel["type"] as? String != "row" {
            let targets = try #require(panel["targets"] as? [[String: Any]])
            #expect(!targets.isEmpty)
            for target in targets { #expect((target["expr"] as? String)?.isEmpty == false) }
        }
    }
}
