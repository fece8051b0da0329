/* SPDX-License-Identifier: BSD-3-Clause */
#include "tests/faults/faulty.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "tests/pam/login.h"
#include "tests/pam/realagent.h"

#define LIBRARY	     "tests/faults/.libs/fault.so"
#define TEST_SECONDS 7200

static struct fault_control *control;
static char library[PATH_MAX], shared[PATH_MAX];

/* Nobody may be kept out of the folder it was built in. */
static void
copy_library(void)
{
	int in = open(BUILD_FOLDER "/" LIBRARY, O_RDONLY | O_CLOEXEC);
	int out = open(library, O_WRONLY | O_CREAT | O_CLOEXEC, 0755);
	struct stat st;

	ck_assert_int_ge(in, 0);
	ck_assert_int_ge(out, 0);
	ck_assert_int_eq(fstat(in, &st), 0);
	ck_assert_int_eq(
	    sendfile(out, in, NULL, (size_t)st.st_size), st.st_size);
	ck_assert_int_eq(fchmod(out, 0755), 0);
	close(in);
	close(out);
}

struct fault_control *
faulty_control(void)
{
	int fd;

	if (control != NULL)
		return control;
	strcpy(library, login_path("fault.so"));
	strcpy(shared, login_path("faults"));
	copy_library();
	fd = open(shared, O_RDWR | O_CREAT | O_CLOEXEC, 0666);
	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(fchmod(fd, 0666), 0);
	ck_assert_int_eq(ftruncate(fd, sizeof(*control)), 0);
	control = mmap(
	    NULL, sizeof(*control), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	ck_assert_ptr_ne(control, MAP_FAILED);
	close(fd);
	return control;
}

bool
faulty_try(const char *config, pid_t *agent)
{
	bool ready;

	faulty_control();
	setenv("LD_PRELOAD", library, 1);
	setenv(FAULT_VARIABLE, shared, 1);
	ready = realagent_try(config, agent);
	unsetenv("LD_PRELOAD");
	unsetenv(FAULT_VARIABLE);
	return ready;
}

pid_t
faulty_start(const char *config)
{
	pid_t agent;

	ck_assert_msg(faulty_try(config, &agent), "the agent is not ready");
	return agent;
}

void
faulty_arm(
    unsigned kinds, int error, unsigned turn, uint64_t after, bool for_good)
{
	faulty_disarm();
	control->error = error;
	control->turn = turn;
	control->after = after;
	control->for_good = for_good;
	control->calls = 0;
	control->failed = 0;
	control->kinds = kinds;
}

void
faulty_disarm(void)
{
	control->kinds = 0;
}

/* What the agent wrote before its answer is before this; nobody else writes
 * meanwhile, since the test asks for one thing after the other. */
void
faulty_promise(const void *data, uint32_t size)
{
	const struct journal_event event = { .kind = JOURNAL_PROMISE,
		.size = size };
	uint64_t at = control->journal_size;

	ck_assert_uint_gt(JOURNAL_MAX - at, sizeof(event) + size);
	memcpy(control->journal + at, &event, sizeof(event));
	memcpy(control->journal + at + sizeof(event), data, size);
	control->journal_size = at + sizeof(event) + size;
}

void
faulty_copy(const char *from, const char *to)
{
	static uint8_t data[1 << 22];
	int in = open(login_path(from), O_RDONLY | O_CLOEXEC);
	int out;
	ssize_t size;

	ck_assert_int_ge(in, 0);
	size = read(in, data, sizeof(data));
	close(in);
	ck_assert(size > 0 && (size_t)size < sizeof(data));
	(void)unlink(login_path(to));
	out = open(login_path(to), O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	ck_assert_int_ge(out, 0);
	ck_assert_int_eq(write(out, data, (size_t)size), size);
	ck_assert_int_eq(fchmod(out, 0400), 0);
	ck_assert_int_eq(fchmod(out, 0600), 0);
	if (geteuid() == 0)
		ck_assert_int_eq(
		    fchown(out, realagent_uid(), realagent_uid()), 0);
	close(out);
}

bool
faulty_is_long(void)
{
	return getenv("APITOKEN_LONG") != NULL;
}

uint64_t
faulty_now_us(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000 + (uint64_t)now.tv_nsec / 1000;
}

unsigned
faulty_random(unsigned below)
{
	static unsigned seed;
	const char *given = getenv("APITOKEN_SEED");

	if (seed == 0) {
		seed = given != NULL ? (unsigned)strtoul(given, NULL, 10)
				     : (unsigned)faulty_now_us() | 1;
		printf("APITOKEN_SEED=%u\n", seed);
		srandom(seed);
	}
	return (unsigned)random() % below;
}

int
faulty_run(const char *name, TCase *tcase)
{
	Suite *suite = suite_create(name);
	SRunner *runner = srunner_create(suite);
	int failed, ran;

	setvbuf(stdout, NULL, _IOLBF, 0);
	tcase_set_timeout(tcase, TEST_SECONDS);
	suite_add_tcase(suite, tcase);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	ran = srunner_ntests_run(runner);
	srunner_free(runner);
	printf("%s: %d passed, %d failed\n", name, ran - failed, failed);
	return failed == 0 && ran > 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
