"""The servers that stand before the API: each with Debian's defaults, but for what a scenario is about."""
import os
import shutil
import signal
import socket
import subprocess

from processes import Failure, Program, children, wait_until

_CONFIGURATIONS = os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "configurations")


class Front:
    """One server in one case."""

    # The configuration, the program below the root of its package, its arguments.
    _KINDS = {
        "nginx": ("nginx.conf", "usr/sbin/nginx", ["-p", "@WORK@", "-c", "@FILE@", "-e", "@WORK@/start.log"]),
        "haproxy": ("haproxy.cfg", "usr/sbin/haproxy", ["-W", "-f", "@FILE@"]),
        "lighttpd": ("lighttpd.conf", "usr/sbin/lighttpd", ["-D", "-f", "@FILE@", "-m", "@ROOT@/usr/lib/lighttpd"]),
        "apache": ("apache.conf", "usr/sbin/apache2", ["-DFOREGROUND", "-f", "@FILE@"]),
        "h2o": ("h2o.conf", "usr/bin/h2o", ["-c", "@FILE@"]),
    }
    # Signals by which each reloads, stops when all calls have ended, and stops at once.
    _SIGNALS = {
        "nginx": (signal.SIGHUP, signal.SIGQUIT, signal.SIGTERM),
        "haproxy": (signal.SIGUSR2, signal.SIGUSR1, signal.SIGTERM),
        "lighttpd": (signal.SIGUSR1, signal.SIGINT, signal.SIGTERM),
        "apache": (signal.SIGUSR1, signal.SIGWINCH, signal.SIGTERM),
        "h2o": (None, signal.SIGTERM, signal.SIGKILL),
    }
    # nginx with the second value of keepalive_timeout says it to everybody, Apache to who asks.
    HINTING = ("nginx-hint", "apache")

    def __init__(self, name, http2, directory, root, certificates, port, api_port, address="127.0.0.1", keepalive=75,
                 limit=""):
        self.name, self.kind = name, name.partition("-")[0]
        self.directory, self.address, self.port = f"{directory}/front", address, port
        file, program, arguments = self._KINDS[self.kind]
        os.makedirs(self.directory)
        for certificate in ("certificate.pem", "key.pem", "both.pem"):
            shutil.copy(f"{certificates}/{certificate}", self.directory)
        values = {
            "WORK": self.directory, "ROOT": root, "FILE": f"{self.directory}/{file}", "ADDRESS": address,
            "PORT": port, "API_PORT": api_port,
            "ALPN": "h2,http/1.1" if http2 else "http/1.1", "NGINX_HTTP2": "http2" if http2 else "",
            "LIGHTTPD_HTTP2": "enable" if http2 else "disable",
            "APACHE_PROTOCOLS": "h2 http/1.1" if http2 else "http/1.1",
            "HAPROXY_SERVER": "ssl verify none alpn h2" if name == "haproxy-h2" else "",
            "KEEPALIVE": f"{keepalive}s {keepalive}s" if name == "nginx-hint" else f"{keepalive}s",
            "KEEPALIVE_SECONDS": keepalive, "NGINX_LIMIT": limit, "LIMIT_STATUS": 429,
        }
        with open(f"{_CONFIGURATIONS}/{file}") as template:
            text = self._filled(template.read(), values)
        with open(values["FILE"], "w") as configuration:
            configuration.write(text)
        unpacked = f"{root}/{program}"
        # Installed ones are used as they are: then nothing was unpacked.
        self._arguments = [unpacked if os.path.exists(unpacked) else f"/{program}",
                           *(self._filled(argument, values) for argument in arguments)]
        self._environment = {"LD_LIBRARY_PATH": ":".join(f"{root}/{part}" for part in _libraries(root))}
        self.program = None

    @staticmethod
    def _filled(text, values):
        for name, value in values.items():
            text = text.replace(f"@{name}@", str(value))
        return text

    def start(self):
        self.program = Program(self.name, self._arguments, self.directory, self._environment)
        wait_until(f"{self.name} listens", self._listens, 15, self.program)

    def _listens(self):
        with socket.socket() as client:
            client.settimeout(1)
            return client.connect_ex((self.address, self.port)) == 0

    def reload(self):
        number = self._SIGNALS[self.kind][0]
        if number is None:
            raise Failure(f"{self.name} cannot be reloaded")
        self.program.send(number)

    def stop_gracefully(self):
        """Begins a stop that lets calls end."""
        self.program.send(self._SIGNALS[self.kind][1])

    def stop_at_once(self):
        self.program.stop(self._SIGNALS[self.kind][2])

    def kill_worker(self):
        """SIGKILL to the process that serves most connections."""
        listing = subprocess.run(["ss", "-Htnp", "state", "established", f"( sport = :{self.port} )"],
                                 capture_output=True, text=True).stdout
        os.kill(max(children(self.program.pid), key=lambda pid: listing.count(f"pid={pid},")), signal.SIGKILL)

    def stop(self):
        if self.program:
            self.program.kill()


def _libraries(root):
    base = f"{root}/usr/lib"
    names = os.listdir(base) if os.path.isdir(base) else []
    return [f"usr/lib/{name}" for name in names if name.endswith("-linux-gnu")]


def certify(directory, more=()):
    """An authority and a certificate for localhost and `more`, by openssl; if empty, the NAT's far addresses."""
    os.makedirs(directory)

    def openssl(*arguments):
        run = subprocess.run(["openssl", *arguments], cwd=directory, capture_output=True, text=True)
        if run.returncode != 0:
            raise Failure(f"openssl: {run.stderr}")
    curve = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"]
    openssl("req", "-x509", *curve, "-keyout", "ca.key", "-out", "ca.pem", "-days", "2", "-subj", "/CN=Fronts",
            "-addext", "keyUsage=critical,keyCertSign")
    openssl("req", *curve, "-keyout", "key.pem", "-out", "request.pem", "-subj", "/CN=localhost")
    more = more or [f"IP:10.77.{number}.1" for number in range(1, 100)]
    names = ",".join(["DNS:localhost", "IP:127.0.0.1", *more])
    with open(f"{directory}/extensions", "w") as file:
        file.write(f"subjectAltName={names}\n")
    openssl("x509", "-req", "-in", "request.pem", "-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial", "-days", "2",
            "-extfile", "extensions", "-out", "certificate.pem")
    with open(f"{directory}/both.pem", "w") as both:
        for part in ("certificate.pem", "key.pem"):
            with open(f"{directory}/{part}") as file:
                both.write(file.read())
    return directory
