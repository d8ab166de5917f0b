import Foundation
import Testing

/// `Containerfile` and the manifests for Kubernetes say what the daemon and Kubernetes take.
@Suite(.timeLimit(.minutes(1)))
struct ContainerFilesTests {
    private static let root = (0..<3).reduce(URL(filePath: #filePath)) { url, _ in url.deletingLastPathComponent() }

    private static func text(_ name: String) throws -> String {
        try String(contentsOf: root.appending(path: name), encoding: .utf8)
    }

    private static let files = ["bankrefreshd.yaml", "bankrefreshd-postgresql.yaml"]

    /// The documents of a file of manifests, as JSON.
    private func manifests(_ file: String, in place: Workplace) async throws -> Workplace.Result {
        let program = "import json, sys, yaml; json.dump(list(yaml.safe_load_all(sys.stdin)), sys.stdout)"
        let read = try await place.start(
            "/usr/bin/env", ["python3", "-c", program],
            input: Data(try Self.text("docs/kubernetes/\(file)").utf8),
            environment: ["PATH": ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin"]
        ).result()
        try #require(read.status == 0, "\(read.errors)")
        return read
    }

    private func value(_ path: String, of manifest: [String: Any]) throws -> Any {
        try path.split(separator: ".").reduce(manifest as Any) { value, key in
            if let index = Int(key) { return try #require(value as? [Any], "\(path)")[index] }
            return try #require((value as? [String: Any])?[String(key)], "\(path)")
        }
    }

    @Test func `every field of the manifests is one that Kubernetes has, of its type`() async throws {
        try await Workplace.with { place in
            var kinds: Set<String> = []
            for file in Self.files {
                let manifests = try JSONDecoder().decode(
                    [[String: JSON]].self, from: Data(try await manifests(file, in: place).output.utf8))
                for manifest in manifests {
                    guard case .text(let kind)? = manifest["kind"] else { throw CancellationError() }
                    kinds.insert(kind)
                    let shape = try #require(Shape.kinds[kind])
                    #expect(shape.faults(of: .object(manifest), at: kind) == [])
                    // What is not Kubernetes' is seen.
                    let more = manifest.merging(["bogus": .flag(true)]) { $1 }
                    #expect(shape.faults(of: .object(more), at: kind).count == 1)
                    #expect(!shape.faults(of: .object(manifest.merging(["kind": .number(1)]) { $1 }), at: kind).isEmpty)
                }
            }
            #expect(kinds == Set(Shape.kinds.keys))
        }
    }

    @Test(arguments: zip(files, ["StatefulSet", "Deployment"]))
    func `image and manifests agree with each other and with the daemon`(file: String, kind: String) async throws {
        try await Workplace.with { place in
            let manifests = try await manifests(file, in: place).objects
            func manifest(_ kind: String) throws -> [String: Any] {
                try #require(manifests.first { $0["kind"] as? String == kind })
            }
            let set = try manifest(kind)
            let pod = try #require(try value("spec.template.spec", of: set) as? [String: Any])
            let labels = try #require(try value("spec.template.metadata.labels", of: set) as? [String: String])
            #expect(labels == (try value("spec.selector.matchLabels", of: set) as? [String: String]))
            #expect(labels == (try value("spec.selector", of: manifest("Service")) as? [String: String]))
            let policy = try value("spec.podSelector.matchLabels", of: manifest("NetworkPolicy"))
            #expect(labels == (policy as? [String: String]))
            let mounts = try #require(try value("containers.0.volumeMounts", of: pod) as? [[String: Any]])
            var volumes = try #require(pod["volumes"] as? [[String: Any]]).compactMap { $0["name"] as? String }
            let isShared = kind == "Deployment"
            let replicas = try #require(try value("spec.replicas", of: set) as? Int)
            if isShared {
                // What drains nodes leaves some of them.
                let budget = try manifest("PodDisruptionBudget")
                #expect(labels == (try value("spec.selector.matchLabels", of: budget) as? [String: String]))
                #expect(try value("spec.maxUnavailable", of: budget) as? Int ?? .max < replicas)
                let spread = try value("topologySpreadConstraints.0.labelSelector.matchLabels", of: pod)
                #expect(labels == (spread as? [String: String]))
            } else {
                #expect(replicas == 1)
                volumes.append(
                    try #require(try value("spec.volumeClaimTemplates.0.metadata.name", of: set) as? String))
            }
            #expect(Set(mounts.compactMap { $0["name"] as? String }) == Set(volumes))

            // The configuration is good, its drain ends before the pod is killed, and its secrets are in the volume.
            let text = try #require(try value("data", of: manifest("ConfigMap")) as? [String: String])["config.json"]
            try #require(text).write(toFile: place.config, atomically: true, encoding: .utf8)
            let dump = try await place.run("config", "dump", "--json").object
            let drain = try #require(try value("configuration.limits.drain", of: dump) as? String)
            let grace = try #require(pod["terminationGracePeriodSeconds"] as? Int)
            #expect(drain.hasSuffix("s") && Int(drain.dropLast()) ?? .max <= grace - 10)
            let paths = mounts.compactMap { $0["mountPath"] as? String }
            let server = ["store.postgresql.password.file", "store.postgresql.ca"]
            for key in ["store.sqlite.path", "store.key.file", "control.socket"] + (isShared ? server : []) {
                let path = try #require(try value("configuration.\(key)", of: dump) as? String)
                #expect(paths.contains { path.hasPrefix($0 + "/") }, "\(path)")
            }
            #expect(try value("configuration.log.format", of: dump) as? String == "json")
            let listen = try #require(try value("configuration.web.listen", of: dump) as? String)
            #expect(listen == "0.0.0.0:\(try value("containers.0.ports.0.containerPort", of: pod))")

            // The numbers are those of the image.
            let lines = try Self.text("Containerfile").split(separator: "\n")
            let user = lines.first { $0.hasPrefix("USER ") }
            let numbers = try (["runAsUser", "runAsGroup"].map { try value("securityContext.\($0)", of: pod) })
            #expect(user == "USER \(numbers[0]):\(numbers[1])")
            #expect(try value("securityContext.fsGroup", of: pod) as? Int == numbers[1] as? Int)
            #expect(try Self.text("Containerfile").contains("--gid \(numbers[1]) ") && numbers[0] as? Int ?? 0 > 0)
        }
    }

    @Test func `the image runs what the binary has, and probes it by health`() async throws {
        try await Workplace.with { place in
            let lines = try Self.text("Containerfile").replacing("\\\n", with: " ").split(separator: "\n")
            func words(_ instruction: String) throws -> [String] {
                let line = try #require(lines.first { $0.hasPrefix(instruction + " ") }, "\(instruction)")
                let list = try #require(line.firstIndex(of: "["))
                return try #require(
                    try JSONSerialization.jsonObject(with: Data(line[list...].utf8)) as? [String])
            }
            let known: Set<Substring> = [
                "FROM", "COPY", "RUN", "USER", "ENV", "STOPSIGNAL", "HEALTHCHECK", "ENTRYPOINT", "CMD", "#",
            ]
            #expect(lines.allSatisfy { known.contains($0.split(separator: " ")[0].prefix(while: { $0 != "\t" })) })
            let arenas = try #require(lines.first { $0.hasPrefix("ENV ") }).dropFirst(4)
            #expect(try Self.text("systemd/bankrefreshd.service").contains("\nEnvironment=\(arenas)\n"))
            #expect(try words("HEALTHCHECK") == ["bankrefreshd", "health"])
            #expect(try words("ENTRYPOINT") == ["bankrefreshd"] && words("CMD") == ["run"])
            let help = try await place.run("health", "--help")
            #expect(help.status == 0)
            let script = try #require(lines.first { $0.hasPrefix("RUN ") }).dropFirst(4)
            let checked = try await place.start(
                "/bin/sh", ["-n"], input: Data(script.utf8), environment: [:]
            ).result()
            #expect(checked.status == 0, "\(checked.errors)")
        }
    }
}

/// What Kubernetes takes at one place of a manifest, as far as these manifests use it.
///
/// Source: the API reference of Kubernetes 1.31: core/v1, apps/v1, networking.k8s.io/v1, policy/v1.
private indirect enum Shape: Sendable {
    case text, number, flag
    case word([String])
    /// A text with a unit: `100m`, `128Mi`.
    case quantity
    /// A number or a name of a port.
    case port
    case list(Shape)
    /// Whatever keys there are.
    case map(Shape)
    case object([String: Shape], required: [String] = [])

    func faults(of value: JSON, at path: String) -> [String] {
        switch (self, value) {
        case (.flag, .flag), (.number, .number), (.text, .text), (.port, .text): []
        case (.port, .number(let number)) where (1...65_535).contains(number): []
        case (.word(let words), .text(let word)) where words.contains(word): []
        case (.quantity, .text(let text)) where text.wholeMatch(of: /\d+(m|Ki|Mi|Gi|Ti)?/) != nil: []
        case (.list(let shape), .list(let list)):
            list.enumerated().flatMap { shape.faults(of: $1, at: "\(path)[\($0)]") }
        case (.map(let shape), .object(let members)):
            members.flatMap { shape.faults(of: $1, at: "\(path).\($0)") }
        case (.object(let fields, let required), .object(let members)):
            required.filter { members[$0] == nil }.map { "\(path) lacks \($0)" }
                + members.flatMap { key, value in
                    fields[key].map { $0.faults(of: value, at: "\(path).\(key)") } ?? ["\(path).\(key) is unknown"]
                }
        default: ["\(path): \(value) does not fit"]
        }
    }

    private static let labels = Shape.map(.text)
    private static let metadata = Shape.object(["name": .text, "labels": labels])
    private static let selector = Shape.object(["matchLabels": labels])

    private static func top(_ version: String, _ kind: String, _ fields: [String: Shape]) -> Shape {
        let head: [String: Shape] = ["apiVersion": .word([version]), "kind": .word([kind]), "metadata": metadata]
        return .object(
            head.merging(fields) { $1 }, required: ["apiVersion", "kind", "metadata"] + fields.keys)
    }

    private static let probe: Shape = {
        let number = Shape.number
        return .object([
            "exec": .object(["command": .list(.text)], required: ["command"]),
            "httpGet": .object(["path": .text, "port": .port], required: ["port"]),
            "periodSeconds": number, "timeoutSeconds": number, "failureThreshold": number,
        ])
    }()

    private static let container = Shape.object(
        [
            "name": .text, "image": .text, "args": .list(.text),
            "ports": .list(
                .object(
                    ["name": .text, "containerPort": .number, "protocol": .word(["TCP", "UDP", "SCTP"])],
                    required: ["containerPort"])),
            "securityContext": .object([
                "allowPrivilegeEscalation": .flag, "readOnlyRootFilesystem": .flag,
                "capabilities": .object(["drop": .list(.text)]),
            ]),
            "resources": .object(["requests": .map(.quantity), "limits": .map(.quantity)]),
            "startupProbe": probe, "readinessProbe": probe, "livenessProbe": probe,
            "volumeMounts": .list(
                .object(["name": .text, "mountPath": .text, "readOnly": .flag], required: ["name", "mountPath"])),
        ], required: ["name", "image"])

    private static let pod = Shape.object(
        [
            "automountServiceAccountToken": .flag, "enableServiceLinks": .flag,
            "terminationGracePeriodSeconds": .number,
            "securityContext": .object([
                "runAsNonRoot": .flag, "runAsUser": .number, "runAsGroup": .number, "fsGroup": .number,
                "fsGroupChangePolicy": .word(["OnRootMismatch", "Always"]),
                "seccompProfile": .object(
                    ["type": .word(["RuntimeDefault", "Unconfined", "Localhost"])], required: ["type"]),
            ]),
            "topologySpreadConstraints": .list(
                .object(
                    [
                        "maxSkew": .number, "topologyKey": .text, "labelSelector": selector,
                        "whenUnsatisfiable": .word(["DoNotSchedule", "ScheduleAnyway"]),
                    ], required: ["maxSkew", "topologyKey", "whenUnsatisfiable"])),
            "containers": .list(container),
            "volumes": .list(
                .object(
                    [
                        "name": .text, "configMap": .object(["name": .text]),
                        "secret": .object(["secretName": .text, "defaultMode": .number]),
                        "emptyDir": .object(["medium": .word(["", "Memory"]), "sizeLimit": .quantity]),
                    ], required: ["name"])),
        ], required: ["containers"])

    static let kinds: [String: Shape] = [
        "ConfigMap": top("v1", "ConfigMap", ["data": .map(.text)]),
        "Service": top(
            "v1", "Service",
            [
                "spec": .object([
                    "clusterIP": .text, "selector": labels,
                    "ports": .list(
                        .object(
                            ["name": .text, "protocol": .word(["TCP"]), "port": .number, "targetPort": .port],
                            required: ["port"])),
                ])
            ]),
        "NetworkPolicy": top(
            "networking.k8s.io/v1", "NetworkPolicy",
            [
                "spec": .object(
                    [
                        "podSelector": selector, "policyTypes": .list(.word(["Ingress", "Egress"])),
                        "ingress": .list(
                            .object([
                                "from": .list(.object(["namespaceSelector": selector, "podSelector": selector])),
                                "ports": .list(.object(["protocol": .word(["TCP"]), "port": .port])),
                            ])),
                    ], required: ["podSelector"])
            ]),
        "PodDisruptionBudget": top(
            "policy/v1", "PodDisruptionBudget",
            ["spec": .object(["maxUnavailable": .number, "selector": selector], required: ["selector"])]),
        "Deployment": top(
            "apps/v1", "Deployment",
            [
                "spec": .object(
                    [
                        "replicas": .number, "selector": selector,
                        "strategy": .object([
                            "type": .word(["RollingUpdate", "Recreate"]),
                            "rollingUpdate": .object(["maxSurge": .number, "maxUnavailable": .number]),
                        ]),
                        "template": .object(["metadata": .object(["labels": labels]), "spec": pod]),
                    ], required: ["selector", "template"])
            ]),
        "StatefulSet": top(
            "apps/v1", "StatefulSet",
            [
                "spec": .object(
                    [
                        "serviceName": .text, "replicas": .number, "selector": selector,
                        "template": .object(["metadata": .object(["labels": labels]), "spec": pod]),
                        "volumeClaimTemplates": .list(
                            .object([
                                "metadata": metadata,
                                "spec": .object([
                                    "accessModes": .list(
                                        .word([
                                            "ReadWriteOnce", "ReadOnlyMany", "ReadWriteMany", "ReadWriteOncePod",
                                        ])),
                                    "resources": .object(["requests": .map(.quantity)]),
                                ]),
                            ])),
                    ], required: ["selector", "template", "serviceName"])
            ]),
    ]
}

/// A value of JSON, its type known.
private enum JSON: Decodable {
    case flag(Bool)
    case number(Double)
    case text(String)
    case list([JSON])
    case object([String: JSON])

    init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        if let flag = try? container.decode(Bool.self) {
            self = .flag(flag)
        } else if let number = try? container.decode(Double.self) {
            self = .number(number)
        } else if let text = try? container.decode(String.self) {
            self = .text(text)
        } else if let list = try? container.decode([JSON].self) {
            self = .list(list)
        } else {
            self = .object(try container.decode([String: JSON].self))
        }
    }
}
