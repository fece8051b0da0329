/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A sample of what bits.c tries, on the agent itself: its store's file with a
 * flipped bit, cut, or with a page of zeroes.  It starts all the same, each
 * time anew; it serves as ever, refuses a damaged token, or is sealed and says
 * why.  Nobody who was revoked is let in.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/duration.h"
#include "tests/faults/asking.h"
#include "tests/faults/faulty.h"
#include "tests/pam/login.h"
#include "tests/pam/realagent.h"

#define TRIES	   60
#define TRIES_LONG 3000
#define PAGE	   4096
#define HEAD	   152 /* bytes of a page where damage does most */
#define FILE_MAX   (1 << 20)
#define CONFIG	   ""

static pid_t agent;
static struct asking_token good, gone;
static uint8_t whole[FILE_MAX];
static size_t size;
static unsigned harmless, denied, sealed;

static void
make_store(void)
{
	int fd;

	asking_init();
	agent = realagent_start(CONFIG);
	ck_assert_int_eq(
	    asking_create("good", USES_UNLIMITED, TIME_NEVER, &good),
	    STATUS_OK);
	ck_assert_int_eq(
	    asking_create("gone", USES_UNLIMITED, TIME_NEVER, &gone),
	    STATUS_OK);
	ck_assert_int_eq(asking_revoke(gone.id), STATUS_OK);
	realagent_stop(agent);
	fd = open(login_path("store/data.mdb"), O_RDONLY | O_CLOEXEC);
	ck_assert_int_ge(fd, 0);
	size = (size_t)read(fd, whole, sizeof(whole));
	ck_assert(size > 2 * PAGE && size < sizeof(whole));
	close(fd);
}

/* Mostly the beginning of a page: half of all. */
static size_t
random_place(void)
{
	size_t page = faulty_random((unsigned)(size / PAGE)) * (size_t)PAGE;

	return page + faulty_random(faulty_random(2) == 0 ? HEAD : PAGE);
}

/* Damages the file; what was done to it, for who has to find out. */
static const char *
damage(void)
{
	static char what[64];
	int fd = open(login_path("store/data.mdb"), O_RDWR | O_CLOEXEC);
	size_t at = random_place();
	uint8_t zeroes[PAGE] = { 0 };
	uint8_t byte = whole[at] ^ (uint8_t)(1U << faulty_random(8));

	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(pwrite(fd, whole, size, 0), (ssize_t)size);
	switch (faulty_random(6)) {
	case 0:
		/* Not nothing: an empty file is a new store. */
		at += at == 0;
		ck_assert_int_eq(ftruncate(fd, (off_t)at), 0);
		snprintf(what, sizeof(what), "cut at %zu", at);
		break;
	case 1:
		at -= at % PAGE;
		ck_assert_int_eq(pwrite(fd, zeroes, PAGE, (off_t)at), PAGE);
		snprintf(what, sizeof(what), "zeroes at %zu", at);
		break;
	default:
		ck_assert_int_eq(pwrite(fd, &byte, 1, (off_t)at), 1);
		snprintf(what, sizeof(what), "byte %zu is %u", at, byte);
		break;
	}
	close(fd);
	return what;
}

static void
look(const char *what)
{
	int said = asking_login(&gone, NULL);

	ck_assert_msg(said == STATUS_DENIED || said == STATUS_UNAVAILABLE,
	    "%s: a revoked token is told %d", what, said);
	said = asking_login(&good, NULL);
	ck_assert_msg(said == STATUS_OK || said == STATUS_DENIED ||
			  said == STATUS_UNAVAILABLE,
	    "%s: a good token is told %d", what, said);
	harmless += said == STATUS_OK;
	denied += said == STATUS_DENIED;
	sealed += said == STATUS_UNAVAILABLE;
}

/* After a clean end and after another one, which has it walk. */
static void
start_twice(const char *what)
{
	for (int i = 0; i < 2; i++) {
		ck_assert_msg(realagent_try(CONFIG, &agent),
		    "%s: it does not start", what);
		look(what);
		ck_assert_msg(
		    waitpid(agent, NULL, WNOHANG) == 0, "%s: it died", what);
		realagent_kill(agent);
	}
}

START_TEST(it_starts_on_a_damaged_store)
{
	unsigned tries = faulty_is_long() ? TRIES_LONG : TRIES;

	make_store();
	for (unsigned i = 0; i < tries; i++)
		start_twice(damage());
	printf("damaged: %u times: %u starts harmless, %u with the token "
	       "refused, %u sealed; none failed, none let in who was revoked\n",
	    tries, harmless, denied, sealed);
	ck_assert_uint_gt(sealed, 0);
	ck_assert_uint_gt(harmless, 0);
}
END_TEST

int
main(void)
{
	TCase *tcase = tcase_create("damaged");

	tcase_add_test(tcase, it_starts_on_a_damaged_store);
	return faulty_run("damaged", tcase);
}
