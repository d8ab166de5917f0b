/* Stands between the daemon and the C library (LD_PRELOAD): kills it before its Nth call, or lets calls on the files of
 * its store fail. The orders are in a file that both sides map; shim.py writes them.
 *
 * SQLite, Swift's Glibc, libpq and SwiftNIO all call the C library through symbols that can be preloaded. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

enum scope { NOTHING, STORE, SOCKETS, EVERYTHING };

/* The same fields in the same order as in shim.py. */
struct orders {
    atomic_int scope;       /* which calls are counted */
    atomic_int left;        /* the process dies before the call that makes it 0 */
    atomic_int half;        /* a write that it dies at is done by half */
    atomic_int write_error; /* errno of writes, and of what else changes the store's files; 0 for none */
    atomic_int main_alone;  /* only the main file's writes fail, not those of its log */
    atomic_int sync_error;
    atomic_int sync_times;  /* how many more times; negative for always */
    atomic_int sync_delay;  /* milliseconds before every fsync */
    atomic_int is_dead;     /* it died by order */
    atomic_int failures;    /* calls that failed by order */
    char died_before[64];
};

static struct orders nobody, *orders = &nobody;

__attribute__((constructor)) static void begin(void) {
    const char *path = getenv("SHIM_ORDERS");
    int file = path ? (int)syscall(SYS_openat, AT_FDCWD, path, O_RDWR | O_CLOEXEC, 0) : -1;
    if (file < 0) return;
    void *shared = mmap(NULL, sizeof(struct orders), PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    if (shared != MAP_FAILED) orders = shared;
    syscall(SYS_close, file);
}

static const char *store_part(const char *path) {
    const char *found = path ? strstr(path, "/store.sqlite") : NULL;
    return found ? found + 1 : NULL;
}

/* The name of the store's file that a descriptor is open for; NULL for anything else. */
static const char *store_file(int descriptor, char name[512]) {
    char link[32];
    snprintf(link, sizeof link, "/proc/self/fd/%d", descriptor);
    long length = syscall(SYS_readlinkat, AT_FDCWD, link, name, 511);
    if (length <= 0) return NULL;
    name[length] = 0;
    return store_part(name);
}

/* Whether half of this call is to be done, and the process dies then; where all of it is not, it does not return. */
static int counts(const char *call, const char *file, int is_socket, int can_be_halved) {
    int scope = atomic_load_explicit(&orders->scope, memory_order_relaxed);
    if (scope == NOTHING || (scope == STORE && !file) || (scope == SOCKETS && !is_socket)) return 0;
    if (atomic_fetch_sub(&orders->left, 1) != 1) return 0;
    int is_halved = can_be_halved && atomic_load(&orders->half);
    snprintf(orders->died_before, sizeof orders->died_before, "%s%s%s%s", is_halved ? "half of a " : "", call,
             file ? " " : "", file ? file : "");
    atomic_store(&orders->is_dead, 1);
    if (is_halved) return 1;
    syscall(SYS_kill, getpid(), SIGKILL);
    return 0;
}

static void die(void) { syscall(SYS_kill, getpid(), SIGKILL); }

/* Whether a change of a file fails by order; errno is set then. */
static int fails(const char *file) {
    int error = file ? atomic_load_explicit(&orders->write_error, memory_order_relaxed) : 0;
    if (error == 0 || (atomic_load(&orders->main_alone) && strcmp(file, "store.sqlite") != 0)) return 0;
    atomic_fetch_add(&orders->failures, 1);
    errno = error;
    return 1;
}

static int needs_names(void) {
    return atomic_load_explicit(&orders->scope, memory_order_relaxed) == STORE
        || atomic_load_explicit(&orders->scope, memory_order_relaxed) == EVERYTHING
        || atomic_load_explicit(&orders->write_error, memory_order_relaxed)
        || atomic_load_explicit(&orders->sync_error, memory_order_relaxed)
        || atomic_load_explicit(&orders->sync_delay, memory_order_relaxed);
}

#define NAMED(descriptor) char name[512]; const char *file = needs_names() ? store_file(descriptor, name) : NULL

/* MARK: Files */

static ssize_t write_at(const char *call, int descriptor, const void *bytes, size_t count, off_t at) {
    NAMED(descriptor);
    if (counts(call, file, 0, 1)) {
        syscall(SYS_pwrite64, descriptor, bytes, count / 2, at);
        die();
    }
    return fails(file) ? -1 : syscall(SYS_pwrite64, descriptor, bytes, count, at);
}
ssize_t pwrite(int d, const void *b, size_t c, off_t at) { return write_at("pwrite", d, b, c, at); }
ssize_t pwrite64(int d, const void *b, size_t c, off64_t at) { return write_at("pwrite", d, b, c, at); }

ssize_t write(int descriptor, const void *bytes, size_t count) {
    NAMED(descriptor);
    counts("write", file, 0, 0);
    return fails(file) ? -1 : syscall(SYS_write, descriptor, bytes, count);
}

ssize_t writev(int descriptor, const struct iovec *parts, int count) {
    counts("writev", NULL, 1, 0);
    return syscall(SYS_writev, descriptor, parts, count);
}

ssize_t read(int descriptor, void *bytes, size_t count) {
    counts("read", NULL, 0, 0);
    return syscall(SYS_read, descriptor, bytes, count);
}

static ssize_t read_at(int descriptor, void *bytes, size_t count, off_t at) {
    NAMED(descriptor);
    counts("pread", file, 0, 0);
    return syscall(SYS_pread64, descriptor, bytes, count, at);
}
ssize_t pread(int d, void *b, size_t c, off_t at) { return read_at(d, b, c, at); }
ssize_t pread64(int d, void *b, size_t c, off64_t at) { return read_at(d, b, c, at); }

static int sync_file(const char *call, long number, int descriptor) {
    NAMED(descriptor);
    counts(call, file, 0, 0);
    int delay = file ? atomic_load(&orders->sync_delay) : 0;
    if (delay) {
        struct timespec span = {delay / 1000, delay % 1000 * 1000000L};
        nanosleep(&span, NULL);
    }
    int error = file ? atomic_load(&orders->sync_error) : 0;
    if (error && atomic_load(&orders->sync_times) != 0 && atomic_fetch_sub(&orders->sync_times, 1) != 0) {
        atomic_fetch_add(&orders->failures, 1);
        errno = error;
        return -1;
    }
    return (int)syscall(number, descriptor);
}
int fsync(int descriptor) { return sync_file("fsync", SYS_fsync, descriptor); }
int fdatasync(int descriptor) { return sync_file("fdatasync", SYS_fdatasync, descriptor); }

static int cut(int descriptor, off_t length) {
    NAMED(descriptor);
    counts("ftruncate", file, 0, 0);
    return fails(file) ? -1 : (int)syscall(SYS_ftruncate, descriptor, length);
}
int ftruncate(int d, off_t length) { return cut(d, length); }
int ftruncate64(int d, off64_t length) { return cut(d, length); }

static int open_at(int directory, const char *path, int flags, mode_t mode) {
    const char *file = store_part(path);
    counts("open", file, 0, 0);
    /* A file with a bad sector opens. */
    if ((flags & (O_WRONLY | O_RDWR | O_CREAT)) && !atomic_load(&orders->main_alone) && fails(file)) return -1;
    return (int)syscall(SYS_openat, directory, path, flags, mode);
}
#define MODE mode_t mode = 0; if (flags & (O_CREAT | O_TMPFILE)) { \
    va_list list; va_start(list, flags); mode = va_arg(list, mode_t); va_end(list); }
int open(const char *path, int flags, ...) { MODE return open_at(AT_FDCWD, path, flags, mode); }
int open64(const char *path, int flags, ...) { MODE return open_at(AT_FDCWD, path, flags, mode); }
int openat(int at, const char *path, int flags, ...) { MODE return open_at(at, path, flags, mode); }
int openat64(int at, const char *path, int flags, ...) { MODE return open_at(at, path, flags, mode); }

int close(int descriptor) {
    NAMED(descriptor);
    counts("close", file, 0, 0);
    return (int)syscall(SYS_close, descriptor);
}

static int control(int descriptor, int command, long argument) {
    NAMED(descriptor);
    counts("fcntl", file, 0, 0);
    return (int)syscall(SYS_fcntl, descriptor, command, argument);
}
#define ARGUMENT va_list list; va_start(list, command); long argument = va_arg(list, long); va_end(list);
int fcntl(int descriptor, int command, ...) { ARGUMENT return control(descriptor, command, argument); }
int fcntl64(int descriptor, int command, ...) { ARGUMENT return control(descriptor, command, argument); }

int rename(const char *from, const char *to) {
    const char *file = store_part(to);
    counts("rename", file, 0, 0);
    return fails(file) ? -1 : (int)syscall(SYS_renameat2, AT_FDCWD, from, AT_FDCWD, to, 0);
}

int unlink(const char *path) {
    const char *file = store_part(path);
    counts("unlink", file, 0, 0);
    return fails(file) ? -1 : (int)syscall(SYS_unlinkat, AT_FDCWD, path, 0);
}

/* By way of fstatvfs, which is not preloaded. A disk whose writes fail with EROFS is mounted read-only. */
int statvfs(const char *path, struct statvfs *status) {
    int file = (int)syscall(SYS_openat, AT_FDCWD, path, O_PATH | O_CLOEXEC, 0);
    if (file < 0) return -1;
    int code = fstatvfs(file, status);
    syscall(SYS_close, file);
    if (code == 0 && atomic_load(&orders->write_error) == EROFS) status->f_flag |= ST_RDONLY;
    return code;
}

/* MARK: Sockets */

ssize_t send(int descriptor, const void *bytes, size_t count, int flags) {
    counts("send", NULL, 1, 0);
    return syscall(SYS_sendto, descriptor, bytes, count, flags, NULL, 0);
}

ssize_t sendto(int descriptor, const void *bytes, size_t count, int flags, const struct sockaddr *to,
               socklen_t length) {
    counts("sendto", NULL, 1, 0);
    return syscall(SYS_sendto, descriptor, bytes, count, flags, to, length);
}

ssize_t sendmsg(int descriptor, const struct msghdr *message, int flags) {
    counts("sendmsg", NULL, 1, 0);
    return syscall(SYS_sendmsg, descriptor, message, flags);
}

ssize_t recv(int descriptor, void *bytes, size_t count, int flags) {
    counts("recv", NULL, 1, 0);
    return syscall(SYS_recvfrom, descriptor, bytes, count, flags, NULL, NULL);
}

ssize_t recvfrom(int descriptor, void *bytes, size_t count, int flags, struct sockaddr *from, socklen_t *length) {
    counts("recvfrom", NULL, 1, 0);
    return syscall(SYS_recvfrom, descriptor, bytes, count, flags, from, length);
}

ssize_t recvmsg(int descriptor, struct msghdr *message, int flags) {
    counts("recvmsg", NULL, 1, 0);
    return syscall(SYS_recvmsg, descriptor, message, flags);
}

int epoll_wait(int descriptor, struct epoll_event *events, int most, int timeout) {
    counts("epoll_wait", NULL, 1, 0);
    return (int)syscall(SYS_epoll_pwait, descriptor, events, most, timeout, NULL, 8);
}
