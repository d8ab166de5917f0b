#!/usr/bin/env bash
# HAProxy 2.6: REFUSED_STREAM for a POST that its server had read whole; others answer 500 or 502.
#
# Expected: by RFC 9113 section 8.7 REFUSED_STREAM promises that nothing at all was done with the request, so that even a
#       POST may be sent again. Where a server dies after it has read a request, a gateway answers 502 (RFC 9110 section
#       15.6.3).
# Seen: HAProxy resets the stream of each such POST with REFUSED_STREAM. nginx and h2o answer 502, lighttpd 500, Apache
#       500. Over HTTP/1.1 HAProxy and Apache answer 502 to the first request of a connection; to a later one they give
#       no answer and close the connection, which some clients also take for leave to send it again.
# Where it matters: a client that takes the refusal at its word does the same thing twice.
#
# Downloads Debian's packages. Exits 0 when seen as described, 1 when it is different now, 2 when it cannot run.
set -euo pipefail

cannot() { echo "cannot run: $1"; exit 2; }
for tool in apt-get dpkg python3 openssl setpriv; do command -v "$tool" >/dev/null || cannot "no $tool"; done
work=$(mktemp -d) && chmod 755 "$work" && trap 'rm -rf "$work"' EXIT
cd "$work"
servers=(haproxy nginx h2o lighttpd lighttpd-mod-openssl apache2)
packages=$(apt-get install --simulate -y --no-install-recommends "${servers[@]}" 2>/dev/null | awk '$1 == "Inst" {print $2}') ||
  cannot "apt-get does not know ${servers[*]}"
# shellcheck disable=SC2086
[ -z "$packages" ] || apt-get download $packages >apt.log 2>&1 || cannot "$(tail -n 1 apt.log)"
for package in *.deb; do [ ! -e "$package" ] || dpkg -x "$package" root; done
export LD_LIBRARY_PATH; LD_LIBRARY_PATH=$(echo "$work"/root/usr/lib/*-linux-gnu)
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout key.pem -out crt.pem -days 2 \
  -subj /CN=localhost 2>/dev/null || cannot "openssl failed"
cat crt.pem key.pem > both.pem

cat > fronts.py <<'PYTHON'
import os, re, signal, socket, ssl, struct, subprocess, threading, time
WORK = os.getcwd()
ROOT = WORK + "/root"
free = socket.create_server(("127.0.0.1", 0)); API = free.getsockname()[1]
read = []   # paths of requests that the server has read whole

def serve(conn):
    """Answers until a path says `die`: then it closes without an answer."""
    data = b""
    while True:
        while b"\r\n\r\n" not in data:
            more = conn.recv(65536)
            if not more: return conn.close()
            data += more
        head, _, data = data.partition(b"\r\n\r\n")
        length = re.search(rb"(?i)content-length: (\d+)", head)
        while length and len(data) < int(length[1]): data += conn.recv(65536)
        if length: data = data[int(length[1]):]
        path = head.split()[1].decode(); read.append(path)
        if "die" in path: return conn.close()
        conn.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")

def accept():
    while True: threading.Thread(target=serve, args=(free.accept()[0],), daemon=True).start()
threading.Thread(target=accept, daemon=True).start()

CONF = {
"haproxy": ("usr/sbin/haproxy", ["-f", "FILE"], """
defaults
  mode http
  timeout connect 5s
  timeout client 60s
  timeout server 60s
frontend f
  bind 127.0.0.1:PORT ssl crt WORK/both.pem alpn h2,http/1.1
  default_backend b
backend b
  server s 127.0.0.1:API
"""),
"nginx": ("usr/sbin/nginx", ["-p", "WORK", "-c", "FILE", "-e", "WORK/nginx.err"], """
daemon off; user root; pid WORK/nginx.pid; error_log WORK/nginx.err; events {}
http { access_log off; client_body_temp_path WORK/t1; proxy_temp_path WORK/t2; fastcgi_temp_path WORK/t3; uwsgi_temp_path WORK/t4;
 scgi_temp_path WORK/t5; upstream u { server 127.0.0.1:API; keepalive 8; }
 server { listen 127.0.0.1:PORT ssl http2; ssl_certificate WORK/crt.pem; ssl_certificate_key WORK/key.pem;
  location / { proxy_pass http://u; proxy_http_version 1.1; proxy_set_header Connection ""; } } }
"""),
"h2o": ("usr/bin/h2o", ["-c", "FILE"], """
user: root
listen:
  host: 127.0.0.1
  port: PORT
  ssl:
    certificate-file: WORK/crt.pem
    key-file: WORK/key.pem
hosts:
  default:
    paths:
      "/":
        proxy.reverse.url: "http://127.0.0.1:API/"
"""),
"lighttpd": ("usr/sbin/lighttpd", ["-D", "-f", "FILE", "-m", "ROOT/usr/lib/lighttpd"], """
server.modules = ("mod_openssl", "mod_proxy")
server.document-root = "WORK"
server.bind = "127.0.0.1"
server.port = PORT
ssl.engine = "enable"
ssl.pemfile = "WORK/crt.pem"
ssl.privkey = "WORK/key.pem"
proxy.server = ("" => (("host" => "127.0.0.1", "port" => API)))
"""),
"apache": ("usr/sbin/apache2", ["-DFOREGROUND", "-f", "FILE"], """
ServerName localhost
ServerRoot WORK
PidFile WORK/apache.pid
DefaultRuntimeDir WORK
ErrorLog WORK/apache.err
""" + "".join(f"LoadModule {m}_module ROOT/usr/lib/apache2/modules/mod_{m}.so\n" for m in
  ("mpm_event", "authz_core", "socache_shmcb", "ssl", "http2", "proxy", "proxy_http")) + """
User www-data
Group www-data
Listen 127.0.0.1:PORT
Protocols h2 http/1.1
SSLEngine on
SSLCertificateFile WORK/crt.pem
SSLCertificateKeyFile WORK/key.pem
ProxyPass / http://127.0.0.1:API/
"""),
}

def start(kind):
    with socket.create_server(("127.0.0.1", 0)) as s: port = s.getsockname()[1]
    program, arguments, text = CONF[kind]
    values = {"FILE": f"{WORK}/{kind}.conf", "WORK": WORK, "ROOT": ROOT, "PORT": str(port), "API": str(API)}
    def fill(t):
        for name, value in values.items(): t = re.sub(rf"\b{name}\b", value, t)
        return t
    open(values["FILE"], "w").write(fill(text))
    program = f"{ROOT}/{program}" if os.path.exists(f"{ROOT}/{program}") else "/" + program
    p = subprocess.Popen(["setpriv", "--pdeathsig", "TERM", program, *map(fill, arguments)], stdout=open(f"{kind}.out", "ab"), stderr=subprocess.STDOUT,
                         start_new_session=True)
    for _ in range(200):
        if p.poll() is not None: break
        with socket.socket() as s:
            if s.connect_ex(("127.0.0.1", port)) == 0: return p, port
        time.sleep(0.05)
    print(f"cannot run: {kind}: {open(kind + '.out').read()[-300:]}"); os._exit(2)

def connect(port, protocol):
    context = ssl.create_default_context(); context.check_hostname = False; context.verify_mode = ssl.CERT_NONE
    context.set_alpn_protocols([protocol])
    s = context.wrap_socket(socket.create_connection(("127.0.0.1", port)), server_hostname="localhost"); s.settimeout(10)
    assert s.selected_alpn_protocol() == protocol
    return s

def frame(kind, flags, stream, payload): return struct.pack(">I", len(payload))[1:] + bytes([kind, flags]) + struct.pack(">I", stream) + payload
def text(value): return bytes([len(value)]) + value.encode()          # HPACK strings without Huffman, below 127 bytes
def headers(path):
    # :method POST and :scheme https from the static table, the others literal, never indexed.
    return b"\x83\x87" + b"\x04" + text(path) + b"\x01" + text("localhost") + b"\x0f\x0d" + text("0")
STATIC = {8: 200, 9: 204, 10: 206, 11: 304, 12: 400, 13: 404, 14: 500}

def status(block):
    """The :status at the begin of a header block: from the static table, or literal."""
    while block[0] & 0xE0 == 0x20: block = block[1:]                    # a change of the table's size
    if block[0] & 0x80: return STATIC.get(block[0] & 0x7F, f"index {block[0] & 0x7F}")
    size = block[1] & 0x7F
    value = block[2:2 + size]
    if not block[1] & 0x80: return int(value)
    bits = "".join(f"{b:08b}" for b in value); digits = ""              # RFC 7541 appendix B: digits have 5 or 6 bits
    codes = {"00000": "0", "00001": "1", "00010": "2"} | {f"{0x19 + i:06b}": str(3 + i) for i in range(7)}
    while len(digits) < 3:
        for length in (5, 6):
            if bits[:length] in codes: digits += codes[bits[:length]]; bits = bits[length:]; break
    return int(digits)

CODES = {0: "NO_ERROR", 2: "INTERNAL_ERROR", 7: "REFUSED_STREAM", 8: "CANCEL", 11: "ENHANCE_YOUR_CALM"}
def h2(s, stream, path):
    s.sendall((b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + frame(4, 0, 0, b"") if stream == 1 else b"") + frame(1, 5, stream, headers(path)))
    data, found = b"", None
    while True:
        while len(data) < 9 or len(data) < 9 + int.from_bytes(data[:3], "big"):
            more = s.recv(65536)
            if not more: return found or "connection closed"
            data += more
        size = int.from_bytes(data[:3], "big"); kind, flags = data[3], data[4]; id = int.from_bytes(data[5:9], "big") & 0x7FFFFFFF
        payload, data = data[9:9 + size], data[9 + size:]
        if kind == 4 and not flags & 1: s.sendall(frame(4, 1, 0, b""))
        if id != stream: continue
        if kind == 1: found = status(payload[5:] if flags & 0x20 else payload)
        if kind == 3: return CODES.get(int.from_bytes(payload, "big"), payload) if found is None else found
        if kind in (0, 1) and flags & 1: return found

def h1(s, path):
    s.sendall(f"POST {path} HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0\r\n\r\n".encode())
    data = b""
    try:
        while b"\r\n\r\n" not in data:
            more = s.recv(65536)
            if not more: return "closed, no answer"
            data += more
    except ConnectionResetError: return "closed, no answer"
    head, _, body = data.partition(b"\r\n\r\n")
    length = re.search(rb"(?i)content-length: (\d+)", head)
    while length and len(body) < int(length[1]): body += s.recv(65536)
    return int(head.split()[1])

for kind in CONF:
    cells = []
    for protocol in ("h2", "http/1.1"):
        for paths in (["die"], ["live", "die"]):
            process, port = start(kind)
            s = connect(port, protocol)
            for number, path in enumerate(paths):
                path = f"/{path}/{len(read)}"
                answer = h2(s, 2 * number + 1, path) if protocol == "h2" else h1(s, path)
            if read.count(path) != 1: answer = f"{answer}, read {read.count(path)} times"
            cells.append(f"{protocol} {'fresh' if len(paths) == 1 else 'reused'} {answer}")
            os.killpg(process.pid, signal.SIGKILL); process.wait()
    print(f"{kind}: " + "; ".join(cells), flush=True)
PYTHON
for server in haproxy nginx h2o lighttpd apache2; do
  echo "version: $server $(apt-cache policy "$server" | awk '/Candidate/ {print $2}')"
done
seen=$(timeout 120 python3 fronts.py) || { echo "$seen"; [[ $seen == *"cannot run"* ]] && exit 2; echo "cannot run"; exit 2; }
echo "$seen"
expected="haproxy: h2 fresh REFUSED_STREAM; h2 reused REFUSED_STREAM; http/1.1 fresh 502; http/1.1 reused closed, no answer
nginx: h2 fresh 502; h2 reused 502; http/1.1 fresh 502; http/1.1 reused 502
h2o: h2 fresh 502; h2 reused 502; http/1.1 fresh 502; http/1.1 reused 502
lighttpd: h2 fresh 500; h2 reused 500; http/1.1 fresh 500; http/1.1 reused 500
apache: h2 fresh 500; h2 reused 500; http/1.1 fresh 502; http/1.1 reused closed, no answer"
[ "$seen" = "$expected" ] || { echo "changed"; exit 1; }
echo "as described"
