/* Put before a program by LD_PRELOAD, this makes what it does with files of one folder fail, or kills it there.
 *
 *   FAULT_FOLDER  the folder; other files are left alone
 *   FAULT_DO      trace: says what is done · error: EIO · full: ENOSPC where more room is asked for · kill: SIGKILL before it is done ·
 *                 kill-behind: once it is done · torn: SIGKILL when half of a write is done · lie: a write that is not made, and said to be
 *   FAULT_OP      write, sync, truncate, rename or unlink; otherwise all of them
 *   FAULT_FILE    the file's name within the folder; otherwise all of them
 *   FAULT_AT      the first one that it happens to, from 1, among those of this operation and file
 *   FAULT_COUNT   how many it happens to (1)
 *   FAULT_TRACE   where `trace` writes lines of operation and file
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <unistd.h>

enum what { TRACE, ERROR, FULL, KILL, KILL_BEHIND, TORN, LIE };
enum meets { GO_ON, FAIL, KILL_THEN, HALF, NOTHING };

static const char *folder, *wanted_op, *wanted_file;
static enum what what;
static long first = 1, count = 1;
static int trace = -1;
static atomic_long seen;

static ssize_t (*real_write)(int, const void *, size_t);

__attribute__((constructor)) static void begin(void) {
    real_write = dlsym(RTLD_NEXT, "write");
    folder = getenv("FAULT_FOLDER");
    const char *asked = getenv("FAULT_DO");
    if (!folder || !asked) {
        folder = NULL;
        return;
    }
    what = !strcmp(asked, "error") ? ERROR : !strcmp(asked, "full") ? FULL : !strcmp(asked, "kill") ? KILL
         : !strcmp(asked, "kill-behind") ? KILL_BEHIND : !strcmp(asked, "torn") ? TORN : !strcmp(asked, "lie") ? LIE : TRACE;
    wanted_op = getenv("FAULT_OP");
    wanted_file = getenv("FAULT_FILE");
    if (getenv("FAULT_AT")) first = atol(getenv("FAULT_AT"));
    if (getenv("FAULT_COUNT")) count = atol(getenv("FAULT_COUNT"));
    if (what == TRACE && getenv("FAULT_TRACE"))
        trace = open(getenv("FAULT_TRACE"), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
}

/* What an operation on a path meets. */
static enum meets meets(const char *op, const char *path) {
    if (!folder) return GO_ON;
    size_t length = strlen(folder);
    if (strncmp(path, folder, length) || path[length] != '/') return GO_ON;
    const char *file = path + length + 1;
    if (wanted_op && strcmp(wanted_op, op)) return GO_ON;
    if (wanted_file && strcmp(wanted_file, file)) return GO_ON;
    long number = atomic_fetch_add(&seen, 1) + 1;
    if (what == TRACE) {
        char line[PATH_MAX + 32];
        int bytes = snprintf(line, sizeof line, "%s %s\n", op, file);
        if (trace >= 0 && bytes > 0) real_write(trace, line, bytes);
        return GO_ON;
    }
    if (number < first || number >= first + count) return GO_ON;
    switch (what) {
    case ERROR: return FAIL;
    case FULL: return !strcmp(op, "write") || !strcmp(op, "truncate") ? FAIL : GO_ON;
    case KILL: kill(getpid(), SIGKILL); pause(); return GO_ON;
    case KILL_BEHIND: return KILL_THEN;
    case TORN: return HALF;
    case LIE: return NOTHING;
    default: return GO_ON;
    }
}

static enum meets meets_at(const char *op, int fd) {
    if (!folder || fd == trace) return GO_ON;
    char link[64], path[PATH_MAX];
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t bytes = readlink(link, path, sizeof path - 1);
    if (bytes < 0) return GO_ON;
    path[bytes] = 0;
    return meets(op, path);
}

static void end_if(enum meets met) {
    if (met == KILL_THEN || met == HALF) {
        kill(getpid(), SIGKILL);
        pause();
    }
}

static int failed(void) {
    errno = what == FULL ? ENOSPC : EIO;
    return -1;
}

ssize_t write(int fd, const void *bytes, size_t length) {
    enum meets met = meets_at("write", fd);
    if (met == FAIL) return failed();
    if (met == NOTHING) return length;
    ssize_t done = real_write(fd, bytes, met == HALF ? length / 2 : length);
    end_if(met);
    return done;
}

ssize_t writev(int fd, const struct iovec *parts, int number) {
    ssize_t (*real)(int, const struct iovec *, int) = dlsym(RTLD_NEXT, "writev");
    enum meets met = meets_at("write", fd);
    if (met == FAIL) return failed();
    ssize_t done = real(fd, parts, number);
    end_if(met);
    return done;
}

static ssize_t positioned(const char *name, int fd, const void *bytes, size_t length, off64_t at) {
    ssize_t (*real)(int, const void *, size_t, off64_t) = dlsym(RTLD_NEXT, name);
    enum meets met = meets_at("write", fd);
    if (met == FAIL) return failed();
    if (met == NOTHING) return length;
    ssize_t done = real(fd, bytes, met == HALF ? length / 2 : length, at);
    end_if(met);
    return done;
}

ssize_t pwrite(int fd, const void *bytes, size_t length, off_t at) { return positioned("pwrite", fd, bytes, length, at); }
ssize_t pwrite64(int fd, const void *bytes, size_t length, off64_t at) { return positioned("pwrite64", fd, bytes, length, at); }

static int on_fd(const char *op, const char *name, int fd) {
    int (*real)(int) = dlsym(RTLD_NEXT, name);
    enum meets met = meets_at(op, fd);
    if (met == FAIL) return failed();
    int done = real(fd);
    end_if(met);
    return done;
}

int fsync(int fd) { return on_fd("sync", "fsync", fd); }
int fdatasync(int fd) { return on_fd("sync", "fdatasync", fd); }

static int truncated(const char *name, int fd, off64_t length) {
    int (*real)(int, off64_t) = dlsym(RTLD_NEXT, name);
    enum meets met = meets_at("truncate", fd);
    if (met == FAIL) return failed();
    int done = real(fd, length);
    end_if(met);
    return done;
}

int ftruncate(int fd, off_t length) { return truncated("ftruncate", fd, length); }
int ftruncate64(int fd, off64_t length) { return truncated("ftruncate64", fd, length); }

int rename(const char *from, const char *to) {
    int (*real)(const char *, const char *) = dlsym(RTLD_NEXT, "rename");
    enum meets met = meets("rename", to);
    if (met == FAIL) return failed();
    int done = real(from, to);
    end_if(met);
    return done;
}

int unlink(const char *path) {
    int (*real)(const char *) = dlsym(RTLD_NEXT, "unlink");
    enum meets met = meets("unlink", path);
    if (met == FAIL) return failed();
    int done = real(path);
    end_if(met);
    return done;
}
