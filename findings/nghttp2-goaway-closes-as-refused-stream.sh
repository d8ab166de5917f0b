#!/usr/bin/env bash
# libnghttp2 1.52: a GOAWAY closes the streams beyond its last one as if the server had refused each of them.
#
# Expected: `on_stream_close` gives REFUSED_STREAM where the server sent RST_STREAM with that code; a GOAWAY is told apart.
# Seen: a client opens three streams, and the server sends SETTINGS and a GOAWAY that names stream 1 as the last. The
#       library reports the GOAWAY frame first, then closes the streams 3 and 5 with the code 7, REFUSED_STREAM. No
#       RST_STREAM came. Stream 1 stays open.
# Where it matters: a gateway's RST_STREAM(REFUSED_STREAM) proves less than a GOAWAY that names a last stream. Whoever
#       decides by the close code whether a request may be sent again takes the one for the other: the frames tell.
#
# Downloads Debian's packages of the library, and compiles a client of a few lines that is fed with bytes, without a network.
# Exits 0 when seen as described, 1 when it is different now, 2 when it cannot run.
set -euo pipefail

cannot() { echo "cannot run: $1"; exit 2; }
command -v cc >/dev/null || cannot "no C compiler"
work=$(mktemp -d) && trap 'cd / && rm -rf "$work"' EXIT
cd "$work"
apt-get download libnghttp2-14 libnghttp2-dev >apt.log 2>&1 || cannot "$(tail -n 1 apt.log)"
for package in *.deb; do dpkg -x "$package" root; done
library=$(dirname "$(find "$work/root" -name 'libnghttp2.so.14' | head -n 1)")

cat > client.c <<'C'
#include <nghttp2/nghttp2.h>
#include <stdio.h>
#include <string.h>

static int frame(nghttp2_session *session, const nghttp2_frame *frame, void *data) {
    (void)session; (void)data;
    if (frame->hd.type == NGHTTP2_GOAWAY) printf("GOAWAY came, last stream %d\n", frame->goaway.last_stream_id);
    if (frame->hd.type == NGHTTP2_RST_STREAM) printf("RST_STREAM came\n");
    return 0;
}

static int closed(nghttp2_session *session, int32_t stream, uint32_t code, void *data) {
    (void)session; (void)data;
    printf("stream %d closed, code %u\n", stream, code);
    return 0;
}

#define FIELD(name, value) { (uint8_t *)name, (uint8_t *)value, sizeof name - 1, sizeof value - 1, 0 }

int main(void) {
    nghttp2_session_callbacks *callbacks;
    nghttp2_session *session;
    const uint8_t *bytes;
    nghttp2_nv head[] = { FIELD(":method", "POST"), FIELD(":scheme", "https"), FIELD(":authority", "a.example"),
                          FIELD(":path", "/") };
    /* SETTINGS without entries, then GOAWAY: last stream 1, NO_ERROR. */
    const uint8_t answer[] = { 0, 0, 0, 4, 0, 0, 0, 0, 0, 0, 0, 8, 7, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0 };
    nghttp2_session_callbacks_new(&callbacks);
    nghttp2_session_callbacks_set_on_frame_recv_callback(callbacks, frame);
    nghttp2_session_callbacks_set_on_stream_close_callback(callbacks, closed);
    nghttp2_session_client_new(&session, callbacks, NULL);
    printf("version: %s\n", nghttp2_version(0)->version_str);
    nghttp2_submit_settings(session, NGHTTP2_FLAG_NONE, NULL, 0);
    for (int i = 0; i < 3; i++) nghttp2_submit_request(session, NULL, head, 4, NULL, NULL);
    while (nghttp2_session_mem_send(session, &bytes) > 0) {}
    nghttp2_session_mem_recv(session, answer, sizeof answer);
    printf("stream 1 is %s\n", nghttp2_session_get_stream_remote_close(session, 1) == 0 ? "open" : "closed");
    nghttp2_session_del(session);
    nghttp2_session_callbacks_del(callbacks);
    return 0;
}
C
cc -I "$(dirname "$(dirname "$(find "$work/root" -name nghttp2.h | head -n 1)")")" -o client client.c \
  "$library/libnghttp2.so.14" 2>cc.log || cannot "$(tail -n 1 cc.log)"
seen=$(LD_LIBRARY_PATH="$library" ./client)
echo "$seen"
# The library goes through its streams in the order of its own table.
[ "$(sed 1d <<< "$seen" | sort)" = "GOAWAY came, last stream 1
stream 1 is open
stream 3 closed, code 7
stream 5 closed, code 7" ] || { echo "changed"; exit 1; }
echo "as described"
