import FoundationEssentials
import NIOCore
import NIOSSL

extension NIOSSLContext {
    /// TLS 1.2 or later, with the server's certificate and name verified.
    static func client(_ settings: TightClientSettings) throws(TightClientProblem) -> NIOSSLContext {
        var configuration = TLSConfiguration.makeClientConfiguration()
        configuration.minimumTLSVersion = .tlsv12
        configuration.certificateVerification = .fullVerification
        configuration.applicationProtocols = settings.protocols == .http1 ? ["http/1.1"] : ["h2", "http/1.1"]
        // Limits how long a shutdown waits for a server that sends no close_notify.
        configuration.shutdownTimeout = .seconds(1)
        if let path = settings.caFile {
            configuration.trustRoots = .certificates(try certificates(inFile: path))
        }
        do {
            return try NIOSSLContext(configuration: configuration)
        } catch {
            throw .noTrustRoots
        }
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
