/* A disk that fails on demand: what writes below a folder is counted, and from a given call on it gets an error.

   Put before a process with LD_PRELOAD, so that Python, SQLite and Polars meet the error where the system would give
   it. Nothing happens until failing_disk_arm is called. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

enum { GROWS = 1, CHANGES = 2 }; /* takes space; changes something without */

static char place[4096];
static int first, with_error, only_once, which, log_to = -1;
static atomic_int calls;

void failing_disk_arm(const char *folder, int call, int error, int once, int kinds, int log) {
    strncpy(place, folder, sizeof place - 1);
    first = call, with_error = error, only_once = once, which = kinds, log_to = log;
    atomic_store(&calls, 0);
}

static int fails(const char *what, int kind, int folder, const char *name) {
    char link[64], path[8192] = "";
    ssize_t n = 0;
    if (!place[0]) return 0;
    if (name == NULL || (name[0] != '/' && folder != AT_FDCWD)) {
        snprintf(link, sizeof link, "/proc/self/fd/%d", folder);
        n = readlink(link, path, sizeof path / 2);
        if (n < 0) return 0;
    } else if (name[0] != '/') {
        if (getcwd(path, sizeof path / 2) == NULL) return 0;
        n = (ssize_t)strlen(path);
    }
    if (name != NULL) snprintf(path + n, sizeof path - (size_t)n, "%s%s", n ? "/" : "", name);
    else path[n] = 0;
    if (strncmp(path, place, strlen(place)) != 0) return 0;
    int call = atomic_fetch_add(&calls, 1) + 1;
    if (log_to >= 0) dprintf(log_to, "%s %s\n", what, path + strlen(place));
    if (first == 0 || call < first || (only_once && call > first)) return 0;
    if (!(kind & which) && call != first) return 0;
    errno = with_error;
    return 1;
}

#define NEXT(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))
#define WRAP(type, name, kind, folder, file, parameters, arguments) \
    type name parameters { return fails(#name, kind, folder, file) ? (type)-1 : NEXT(name) arguments; }

#define WRITES(flags) ((flags) & (O_WRONLY | O_RDWR | O_CREAT | O_TRUNC))
#define OPENS(name, parameters, folder, arguments) \
    int name parameters { \
        va_list more; va_start(more, flags); mode_t mode = (mode_t)va_arg(more, int); va_end(more); \
        if (WRITES(flags) && fails("open", flags & O_CREAT ? GROWS : CHANGES, folder, file)) return -1; \
        return NEXT(name) arguments; }
OPENS(open, (const char *file, int flags, ...), AT_FDCWD, (file, flags, mode))
OPENS(open64, (const char *file, int flags, ...), AT_FDCWD, (file, flags, mode))
OPENS(openat, (int folder, const char *file, int flags, ...), folder, (folder, file, flags, mode))
OPENS(openat64, (int folder, const char *file, int flags, ...), folder, (folder, file, flags, mode))

WRAP(ssize_t, write, GROWS, fd, NULL, (int fd, const void *data, size_t n), (fd, data, n))
WRAP(ssize_t, pwrite, GROWS, fd, NULL, (int fd, const void *data, size_t n, off_t at), (fd, data, n, at))
WRAP(ssize_t, pwrite64, GROWS, fd, NULL, (int fd, const void *data, size_t n, off64_t at), (fd, data, n, at))
WRAP(ssize_t, writev, GROWS, fd, NULL, (int fd, const struct iovec *data, int n), (fd, data, n))
WRAP(ssize_t, copy_file_range, GROWS, to, NULL,
     (int from, off64_t *at, int to, off64_t *there, size_t n, unsigned flags), (from, at, to, there, n, flags))
WRAP(int, fsync, GROWS, fd, NULL, (int fd), (fd))
WRAP(int, fdatasync, GROWS, fd, NULL, (int fd), (fd))
WRAP(int, ftruncate, CHANGES, fd, NULL, (int fd, off_t n), (fd, n))
WRAP(int, ftruncate64, CHANGES, fd, NULL, (int fd, off64_t n), (fd, n))
WRAP(int, mkdir, GROWS, AT_FDCWD, file, (const char *file, mode_t mode), (file, mode))
WRAP(int, mkdirat, GROWS, folder, file, (int folder, const char *file, mode_t mode), (folder, file, mode))
WRAP(int, symlink, GROWS, AT_FDCWD, file, (const char *to, const char *file), (to, file))
WRAP(int, rename, CHANGES, AT_FDCWD, to, (const char *from, const char *to), (from, to))
WRAP(int, renameat, CHANGES, there, to, (int here, const char *from, int there, const char *to), (here, from, there, to))
WRAP(int, unlink, CHANGES, AT_FDCWD, file, (const char *file), (file))
WRAP(int, unlinkat, CHANGES, folder, file, (int folder, const char *file, int flags), (folder, file, flags))
WRAP(int, rmdir, CHANGES, AT_FDCWD, file, (const char *file), (file))
WRAP(int, chmod, CHANGES, AT_FDCWD, file, (const char *file, mode_t mode), (file, mode))
WRAP(int, fchmod, CHANGES, fd, NULL, (int fd, mode_t mode), (fd, mode))
