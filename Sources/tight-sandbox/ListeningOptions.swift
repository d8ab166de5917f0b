import ArgumentParser

/// Where the sandbox listens, and how.
struct ListeningOptions: ParsableArguments {
    @Option(help: "The address to listen on; the certificate is valid for localhost, 127.0.0.1 and ::1.")
    var host = "127.0.0.1"

    @Option(help: "The port to listen on; 0 for any free one.")
    var port = 8_443

    @Option(help: "The file to write the certificate authority to, as PEM.")
    var caFile: String?

    @Flag(help: "Speak plain HTTP/1.1, for benchmarks over the loopback interface.")
    var plain = false

    @Flag(help: "Do not offer HTTP/2.")
    var http1Only = false

    @Option(help: "The maximum number of concurrent HTTP/2 streams on one connection.")
    var maxStreams = 128

    @Option(help: "The port on 127.0.0.1 that accepts commands; 0 for any free one.")
    var adminPort: Int?
}
