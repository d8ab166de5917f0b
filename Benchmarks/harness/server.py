"""nginx, answering every POST as the contract says."""
import os
import subprocess
import time
import urllib.request

BODY = ('{"id":"7c1f0a6e-52b8-4f0e-9c3d-2b7a9d1e4f60","result":"SUCCESS","errors":{"fieldErrors":{},"globalErrors":[]},'
        '"webhook":{"userId":"8a1e4b572","accountantUserId":null,"type":"TRANSACTION_PULL_COMPLETED"}}')
assert len(BODY) == 203, len(BODY)
PATH = "/v5/banks/refresh"


class Server:
    def __init__(self, work, sources):
        self.ca = f"{work}/server.pem"
        self.arrivals = f"{work}/arrivals.log"
        self._polls = 0
        if not os.path.exists(self.ca):
            subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
                            "-days", "3650", "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost",
                            "-keyout", f"{work}/server.key", "-out", self.ca], check=True, capture_output=True)
        with open(f"{sources}/nginx.conf") as file:
            text = file.read().replace("@WORK@", work).replace("@BODY@", BODY)
        with open(f"{work}/nginx.conf", "w") as file:
            file.write(text)
        self._process = subprocess.Popen(["nginx", "-c", f"{work}/nginx.conf"])
        for _ in range(100):
            try:
                self.requests()
                return
            except OSError:
                time.sleep(0.05)
        raise SystemExit(f"nginx does not answer; see {work}/nginx.log")

    @staticmethod
    def base(protocol, path="now"):
        """The base URL of the API: `protocol` is h1 or h2, `path` how it answers (now, 100ms, 5s, logged)."""
        return f"https://localhost:{8442 if protocol == 'h2' else 8441}/{path}"

    def requests(self):
        """Requests served so far, those of this question apart."""
        with urllib.request.urlopen("http://127.0.0.1:8440/") as answer:
            text = answer.read().decode()
        self._polls += 1
        return int(text.split("\n")[2].split()[2]) - self._polls

    def stop(self):
        self._process.terminate()
        self._process.wait()
