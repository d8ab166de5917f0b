import AsyncHTTPClient
import FoundationEssentials
import NIOCore
import NIOSSL

extension HTTPClient.Configuration {
    /// What keeps AsyncHTTPClient to one call, one outcome.
    init(_ settings: TightClientSettings) throws(TightClientProblem) {
        self.init(
            tlsConfiguration: try Self.tls(caFile: settings.caFile),
            redirectConfiguration: .disallow,
            timeout: Timeout(connect: TimeAmount(settings.connectTimeout)),
            connectionPool: ConnectionPool(
                idleTimeout: TimeAmount(settings.idleTimeout),
                concurrentHTTP1ConnectionsPerHostSoftLimit: settings.maximumConnections
            ),
            proxy: settings.proxy.map { .server(host: $0.host, port: $0.port) },
            decompression: .disabled
        )
        // When to try again is the scheduler's to decide, and it needs to hear of an outage at once.
        connectionPool.retryConnectionEstablishment = false
        httpVersion = settings.protocols == .http1 ? .http1Only : .automatic
        tracing.tracer = nil
    }

    private static func tls(caFile path: String?) throws(TightClientProblem) -> TLSConfiguration {
        var configuration = TLSConfiguration.makeClientConfiguration()
        configuration.minimumTLSVersion = .tlsv12
        configuration.certificateVerification = .fullVerification
        if let path {
            configuration.trustRoots = .certificates(try certificates(inFile: path))
        }
        return configuration
    }

    private static func certificates(inFile path: String) throws(TightClientProblem) -> [NIOSSLCertificate] {
        let bytes: Data
        do {
            bytes = try Data(contentsOf: URL(filePath: path))
        } catch {
            throw (error as? CocoaError)?.code == .fileReadNoSuchFile
                ? .caFileMissing(path: path) : .caFileNotReadable(path: path)
        }
        guard let certificates = try? NIOSSLCertificate.fromPEMBytes(Array(bytes)), !certificates.isEmpty
        else {
            throw .caFileWithoutCertificate(path: path)
        }
        return certificates
    }
}
