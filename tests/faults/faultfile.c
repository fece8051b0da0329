/* SPDX-License-Identifier: BSD-3-Clause */
/* Calls that change files, and what is written down of them. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#include "tests/faults/faultcall.h"

uint8_t fault_stores[FDS_MAX];
static atomic_flag journal_lock = ATOMIC_FLAG_INIT;

static bool
is_recording(int fd)
{
	return fault_shared != NULL && fault_shared->recording != 0 &&
	       fd >= 0 && fd < FDS_MAX && fault_stores[fd] != 0;
}

static void
record(unsigned kind, uint64_t offset, const void *data, size_t size)
{
	const struct journal_event event = {
		.kind = kind, .size = (uint32_t)size, .offset = offset
	};
	uint64_t at;

	while (atomic_flag_test_and_set(&journal_lock))
		continue;
	at = fault_shared->journal_size;
	if (JOURNAL_MAX - at > sizeof(event) + size) {
		memcpy(fault_shared->journal + at, &event, sizeof(event));
		if (size > 0)
			memcpy(fault_shared->journal + at + sizeof(event), data,
			    size);
		fault_shared->journal_size = at + sizeof(event) + size;
	}
	atomic_flag_clear(&journal_lock);
}

static void
record_write(int fd, uint64_t offset, const void *data, size_t size)
{
	if (is_recording(fd))
		record(fault_stores[fd] == 2 ? JOURNAL_WRITE_THROUGH
					     : JOURNAL_WRITE,
		    offset, data, size);
}

/* What changes files. */

static const int write_errors[ERRORS_MAX] = { EIO, ENOSPC, EINTR, EAGAIN,
	ECONNRESET };
static const int sync_errors[ERRORS_MAX] = { EIO, ENOSPC, EINTR };

static unsigned
write_kinds(int fd)
{
	unsigned kinds = FAULT_CALLS;
	struct stat st;

	if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode))
		kinds |= FAULT_WRITES;
	if (fd >= 0 && fd < FDS_MAX && fault_stores[fd] == 2)
		kinds |= FAULT_META;
	return kinds;
}

EXPORT ssize_t
write(int fd, const void *data, size_t size)
{
	if (!fault_is_wake(fd) && fault_fails(write_kinds(fd), write_errors)) {
		if (!fault_is_short(size))
			return -1;
		size /= 2;
	}
	if (is_recording(fd))
		record_write(fd, (uint64_t)lseek(fd, 0, SEEK_CUR), data, size);
	return syscall(SYS_write, fd, data, size);
}

EXPORT ssize_t
pwrite(int fd, const void *data, size_t size, off_t offset)
{
	if (fault_fails(write_kinds(fd), write_errors)) {
		if (!fault_is_short(size))
			return -1;
		size /= 2;
	}
	record_write(fd, (uint64_t)offset, data, size);
	return syscall(SYS_pwrite64, fd, data, size, offset);
}

EXPORT ssize_t
pwrite64(int fd, const void *data, size_t size, off_t offset)
{
	return pwrite(fd, data, size, offset);
}

EXPORT ssize_t
writev(int fd, const struct iovec *parts, int count)
{
	uint64_t offset = 0;

	if (fault_fails(write_kinds(fd), write_errors))
		return -1;
	if (is_recording(fd))
		offset = (uint64_t)lseek(fd, 0, SEEK_CUR);
	for (int i = 0; i < count && is_recording(fd); i++) {
		record_write(fd, offset, parts[i].iov_base, parts[i].iov_len);
		offset += parts[i].iov_len;
	}
	return syscall(SYS_writev, fd, parts, count);
}

static bool
is_folder(int fd)
{
	struct stat st;

	return fstat(fd, &st) == 0 && S_ISDIR(st.st_mode);
}

static void
record_sync(int fd)
{
	if (is_recording(fd))
		record(JOURNAL_SYNC, 0, NULL, 0);
	else if (fault_shared != NULL && fault_shared->recording != 0 &&
		 is_folder(fd))
		record(JOURNAL_SYNC_FOLDER, 0, NULL, 0);
}

/* Written down when it is done: what it promises counts from then on. */
static int
sync_by(long number, int fd)
{
	int rc;

	if (fault_fails(FAULT_SYNCS | FAULT_CALLS, sync_errors))
		return -1;
	rc = (int)syscall(number, fd);
	if (rc == 0)
		record_sync(fd);
	return rc;
}

EXPORT int
fsync(int fd)
{
	return sync_by(SYS_fsync, fd);
}

EXPORT int
fdatasync(int fd)
{
	return sync_by(SYS_fdatasync, fd);
}

EXPORT int
ftruncate(int fd, off_t size)
{
	static const int errors[ERRORS_MAX] = { EIO, ENOSPC, EINTR };

	if (fault_fails(FAULT_WRITES | FAULT_CALLS, errors))
		return -1;
	return (int)syscall(SYS_ftruncate, fd, size);
}

EXPORT int
ftruncate64(int fd, off_t size)
{
	return ftruncate(fd, size);
}

static const int open_errors[ERRORS_MAX] = { EMFILE, ENOMEM, EIO, EINTR };
static bool
ends_with(const char *path, const char *end)
{
	size_t size = strlen(path);
	size_t tail = strlen(end);

	return size >= tail && strcmp(path + size - tail, end) == 0;
}

/* Which descriptors are of the store's file, and that it was made. */
static void
note_open(const char *path, int flags, int fd, bool was_there)
{
	bool is_store = ends_with(path, "/data.mdb");

	if (fd < 0 || fd >= FDS_MAX)
		return;
	fault_stores[fd] = 0;
	if (is_store && (flags & O_ACCMODE) != O_RDONLY)
		fault_stores[fd] = (flags & O_DSYNC) == O_DSYNC ? 2 : 1;
	if (is_recording(fd) && !was_there)
		record(JOURNAL_MAKE, 0, NULL, 0);
}

static int
open_at(int folder, const char *path, int flags, mode_t mode)
{
	bool was_there;
	int fd;

	if (fault_fails(FAULT_CALLS, open_errors))
		return -1;
	/* A confined agent makes no file, and must not make this call. */
	was_there = (flags & O_CREAT) == 0 ||
		    syscall(SYS_faccessat, folder, path, F_OK) == 0;
	fd = (int)syscall(SYS_openat, folder, path, flags, mode);
	note_open(path, flags, fd, was_there);
	return fd;
}

EXPORT int
open(const char *path, int flags, ...)
{
	__builtin_va_list args;
	mode_t mode;

	__builtin_va_start(args, flags);
	mode = (flags & (O_CREAT | O_TMPFILE)) != 0
		   ? __builtin_va_arg(args, mode_t)
		   : 0;
	__builtin_va_end(args);
	return open_at(AT_FDCWD, path, flags, mode);
}

EXPORT int
open64(const char *path, int flags, ...)
{
	__builtin_va_list args;
	mode_t mode;

	__builtin_va_start(args, flags);
	mode = (flags & (O_CREAT | O_TMPFILE)) != 0
		   ? __builtin_va_arg(args, mode_t)
		   : 0;
	__builtin_va_end(args);
	return open_at(AT_FDCWD, path, flags, mode);
}

EXPORT int
openat(int folder, const char *path, int flags, ...)
{
	__builtin_va_list args;
	mode_t mode;

	__builtin_va_start(args, flags);
	mode = (flags & (O_CREAT | O_TMPFILE)) != 0
		   ? __builtin_va_arg(args, mode_t)
		   : 0;
	__builtin_va_end(args);
	return open_at(folder, path, flags, mode);
}

EXPORT int
close(int fd)
{
	if (fd >= 0 && fd < FDS_MAX)
		fault_stores[fd] = 0;
	fault_set_wake(fd, false);
	return (int)syscall(SYS_close, fd);
}
