import Logging

/// Hands on the errors of the HTTP server and nothing else: its other entries name URIs, and URIs name users.
struct ErrorsOnlyLogHandler: LogHandler {
    let report: @Sendable (String) -> Void
    var metadata: Logger.Metadata = [:]

    var logLevel: Logger.Level {
        get { .error }
        // The level is not for the libraries to change.
        set { _ = newValue }
    }

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    func log(event: LogEvent) {
        // A server that is told to end before it began has not failed: why it was told so is somebody else's error.
        guard event.level >= .error, !event.message.description.hasSuffix("CancellationError()") else { return }
        report(event.message.description)
    }
}
