/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Loaded into an agent with LD_PRELOAD: fails its calls, steps its clock and
 * writes down what it does to its store, as a test says (fault.h).
 *
 * A call is made as a system call and memory is had from glibc's other names,
 * so that nothing has to be looked up, which would take memory itself.
 */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "tests/faults/faultcall.h"

extern void *__libc_malloc(size_t size);
extern void *__libc_calloc(size_t count, size_t size);
extern void *__libc_realloc(void *data, size_t size);
extern void *__libc_memalign(size_t alignment, size_t size);

typedef int thread_maker(pthread_t *thread, const pthread_attr_t *attributes,
    void *(*run)(void *), void *arg);

/* What is more than a system call: looked up before anything fails. */
static pid_t (*real_fork)(void);
static thread_maker *real_pthread_create;

struct fault_control *fault_shared;
static bool wakes[FDS_MAX];

static void __attribute__((constructor)) fault_open(void)
{
	const char *path = getenv(FAULT_VARIABLE);
	long fd = path == NULL
		      ? -1
		      : syscall(SYS_openat, AT_FDCWD, path, O_RDWR | O_CLOEXEC);
	void *map;

	*(void **)&real_fork = dlsym(RTLD_NEXT, "fork");
	*(void **)&real_pthread_create = dlsym(RTLD_NEXT, "pthread_create");
	if (fd < 0)
		return;
	map = mmap(NULL, sizeof(*fault_shared), PROT_READ | PROT_WRITE,
	    MAP_SHARED, (int)fd, 0);
	if (map != MAP_FAILED)
		fault_shared = map;
	syscall(SYS_close, fd);
}

bool
fault_fails(unsigned kinds, const int errors[ERRORS_MAX])
{
	uint64_t number;
	size_t count = 0;

	if (fault_shared == NULL || (fault_shared->kinds & kinds) == 0)
		return false;
	number = atomic_fetch_add(&fault_shared->calls, 1);
	if (number < fault_shared->after ||
	    (number > fault_shared->after && fault_shared->for_good == 0))
		return false;
	atomic_fetch_add(&fault_shared->failed, 1);
	while (count < ERRORS_MAX && errors[count] != 0)
		count++;
	errno = fault_shared->error != FAULT_VARIED
		    ? fault_shared->error
		    : errors[fault_shared->turn % count];
	return true;
}

bool
fault_is_short(size_t size)
{
	return size > 1 && fault_shared->turn % 3 == 2 &&
	       fault_shared->for_good == 0 &&
	       fault_shared->error == FAULT_VARIED;
}

bool
fault_is_wake(int fd)
{
	return fd >= 0 && fd < FDS_MAX && wakes[fd];
}

void
fault_set_wake(int fd, bool is_wake)
{
	if (fd >= 0 && fd < FDS_MAX)
		wakes[fd] = is_wake;
}

/* Memory. */

static const int no_memory[ERRORS_MAX] = { ENOMEM };

EXPORT void *
malloc(size_t size)
{
	return fault_fails(FAULT_MEMORY, no_memory) ? NULL
						    : __libc_malloc(size);
}

EXPORT void *
calloc(size_t count, size_t size)
{
	return fault_fails(FAULT_MEMORY, no_memory)
		   ? NULL
		   : __libc_calloc(count, size);
}

EXPORT void *
realloc(void *data, size_t size)
{
	return fault_fails(FAULT_MEMORY, no_memory)
		   ? NULL
		   : __libc_realloc(data, size);
}

EXPORT int
posix_memalign(void **data, size_t alignment, size_t size)
{
	void *got = fault_fails(FAULT_MEMORY, no_memory)
			? NULL
			: __libc_memalign(alignment, size);

	if (got == NULL)
		return ENOMEM;
	*data = got;
	return 0;
}

/* Time. */

EXPORT int
clock_gettime(clockid_t clock, struct timespec *now)
{
	int rc = (int)syscall(SYS_clock_gettime, clock, now);

	if (rc != 0 || fault_shared == NULL)
		return rc;
	now->tv_sec += fault_shared->time_passed;
	if (clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE)
		now->tv_sec += fault_shared->clock_step;
	return rc;
}

EXPORT time_t
time(time_t *out)
{
	struct timespec now = { 0 };

	clock_gettime(CLOCK_REALTIME, &now);
	if (out != NULL)
		*out = now.tv_sec;
	return now.tv_sec;
}

/* What is more than a call. */

EXPORT pid_t
fork(void)
{
	static const int errors[ERRORS_MAX] = { EAGAIN, ENOMEM };

	return fault_fails(FAULT_CALLS, errors) ? -1 : real_fork();
}

EXPORT int
pthread_create(pthread_t *thread, const pthread_attr_t *attributes,
    void *(*run)(void *), void *arg)
{
	static const int errors[ERRORS_MAX] = { EAGAIN };

	return fault_fails(FAULT_CALLS, errors)
		   ? EAGAIN
		   : real_pthread_create(thread, attributes, run, arg);
}
