/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A small real store with a good token and one that the last transaction
 * revoked, each bit of its file flipped in turn (those of the meta pages, of
 * each page's head and first offsets, and every 193rd, or all of them with
 * APITOKEN_LONG set), and cut after every 64th byte.  However it is opened
 * then, nobody is let in who should not be, whoever refuses the store says why,
 * and the process that checks it does not crash.
 */
#include <fcntl.h>
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "agent/model/verify.h"
#include "agent/store/check.h"
#include "common/error.h"
#include "tests/unit/store_fixture.h"

#define SAMPLE	   193
#define META_BYTES 152 /* page header and struct of a meta page */
#define HEAD_BYTES 24  /* page header and offsets of four nodes */
#define CUT	   64

/* What the damaged store was to who opened it. */
enum outcome {
	HARMLESS, /* both verdicts as ever */
	DENIED,	  /* the good token is refused: damaged */
	SEALED,	  /* a check refused the store */
	ACCEPTED, /* the revoked token, or a wrong secret: never */
	UNNAMED,  /* the store was refused and not said why: never */
	CRASHED,  /* reading, after the checks passed without a walk */
	OUTCOME_COUNT,
};

static struct fixture f;
static struct token good;
static struct token revoked;

static void
make_store(void)
{
	struct record record;

	fixture_init(&f);
	good_token(&record, &good);
	ck_assert_int_eq(fixture_create(&f, span_of(good.id), &record), 0);
	good_token(&record, &revoked);
	record.spec.name = span_of("phone");
	ck_assert_int_eq(fixture_create(&f, span_of(revoked.id), &record), 0);
	/* The last transaction is the 6th: one flipped bit makes it the 4th. */
	for (unsigned i = 0; i < 2; i++)
		ck_assert_int_eq(
		    fixture_set_state(&f, span_of(good.id), STATE_ACTIVE), 0);
	ck_assert_int_eq(
	    fixture_set_state(&f, span_of(revoked.id), STATE_REVOKED), 0);
	fixture_close(&f);
}

/* As the serve thread asks. */
static uint32_t
ask(const struct token *token)
{
	struct store_reader *reader = fixture_view(&f);
	struct span id = span_of(token->id);
	struct record record;
	struct service service;
	struct row row;
	uint8_t number;
	struct verify_input input = {
		.record = verify_null_record(),
		.service = &service,
		.login = span_of("alice"),
		.owner_may_use = true,
		.now = NOW,
	};

	service_init(&service, "sshd");
	if (store_get(reader, DB_TOKENS, id, &row) == 0) {
		input.authentic = store_is_authentic(
		    reader, DB_TOKENS, id, &row);
		if (record_decode(row.body, &record) == 0) {
			input.found = true;
			input.record = &record;
		}
	}
	return verify(&input, token, &number);
}

static enum outcome
open_and_ask(bool walk)
{
	struct token forged = good;
	bool whole;

	f.why[0] = '\0';
	if (store_check(&f.options, f.keyring, walk, &whole, f.why,
		sizeof(f.why)) < 0 ||
	    fixture_open(&f) < 0)
		return f.why[0] == '\0' ? UNNAMED : SEALED;
	forged.secret[0] ^= 1;
	if (ask(&revoked) == 0 || ask(&forged) == 0)
		return ACCEPTED;
	return ask(&good) == 0 ? HARMLESS : DENIED;
}

/* In a process of its own, as an agent is. */
static enum outcome
start_agent(bool walk)
{
	int wait_status;
	pid_t pid = fork();

	ck_assert_int_ge(pid, 0);
	if (pid == 0)
		_exit((int)open_and_ask(walk));
	ck_assert_int_eq(waitpid(pid, &wait_status, 0), pid);
	return WIFEXITED(wait_status) ? (enum outcome)WEXITSTATUS(wait_status)
				      : CRASHED;
}

/* What a crash is answered with: the next start walks, and is sealed. */
static void
must_be_sealed(const char *what, size_t at)
{
	ck_assert_msg(
	    start_agent(true) == SEALED, "%s %zu: crashes again", what, at);
}

static void
must_be_sound(enum outcome outcome, const char *what, size_t at)
{
	ck_assert_msg(
	    outcome != ACCEPTED, "%s %zu: wrongly accepted", what, at);
	ck_assert_msg(
	    outcome != UNNAMED, "%s %zu: refused without a word", what, at);
}

static enum outcome
start_twice(const char *what, size_t at)
{
	enum outcome outcome = start_agent(false);

	must_be_sound(outcome, what, at);
	if (outcome == CRASHED)
		must_be_sealed(what, at);
	return outcome;
}

static void
flip(int fd, const uint8_t *image, size_t bit)
{
	uint8_t byte = image[bit / 8] ^ (uint8_t)(1U << bit % 8);

	ck_assert_int_eq(pwrite(fd, &byte, 1, (off_t)(bit / 8)), 1);
}

/* From a bit that was tried to the next one to try. */
static size_t
next_bit(size_t bit)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);
	size_t head = bit / 8 < 2 * page ? META_BYTES : HEAD_BYTES;
	size_t next = bit + SAMPLE;

	if (getenv("APITOKEN_LONG") != NULL || bit / 8 % page < head)
		return bit + 1;
	/* Into no page past its beginning. */
	if (next / 8 / page > bit / 8 / page)
		return next / 8 / page * page * 8;
	return next;
}

/* How far a process has come with the bits. */
struct progress {
	size_t bit;
	unsigned tried;
	unsigned counts[OUTCOME_COUNT];
};

static void
restore(int fd, const uint8_t *image, size_t bit)
{
	ck_assert_int_eq(pwrite(fd, image + bit / 8, 1, (off_t)(bit / 8)), 1);
}

/* From its bit on. */
static void
try_bits(int fd, const uint8_t *image, size_t size, struct progress *progress)
{
	while (progress->bit < size * 8) {
		size_t bit = progress->bit;
		enum outcome outcome;

		flip(fd, image, bit);
		outcome = open_and_ask(false);
		fixture_close(&f);
		must_be_sound(outcome, "bit", bit);
		restore(fd, image, bit);
		progress->counts[outcome]++;
		progress->tried++;
		progress->bit = next_bit(bit);
	}
}

/*
 * One process for as many bits as it survives: a start has two more that check
 * the store for it, and forks are what the time goes into.
 */
static void
try_bits_until_crash(
    int fd, const uint8_t *image, size_t size, struct progress *progress)
{
	int wait_status;
	pid_t pid = fork();

	ck_assert_int_ge(pid, 0);
	if (pid == 0) {
		/* What a store takes is given back: less for a fork to copy. */
		mallopt(M_MMAP_THRESHOLD, 65536);
		try_bits(fd, image, size, progress);
		_exit(EXIT_SUCCESS);
	}
	ck_assert_int_eq(waitpid(pid, &wait_status, 0), pid);
	if (WIFEXITED(wait_status)) {
		ck_assert_int_eq(WEXITSTATUS(wait_status), EXIT_SUCCESS);
		return;
	}
	must_be_sealed("bit", progress->bit);
	restore(fd, image, progress->bit);
	progress->counts[CRASHED]++;
	progress->tried++;
	progress->bit = next_bit(progress->bit);
}

START_TEST(flipped_bits)
{
	struct progress *progress = mmap(NULL, sizeof(*progress),
	    PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	uint8_t *image;
	size_t size;
	int fd;

	ck_assert_ptr_ne(progress, MAP_FAILED);
	make_store();
	image = fixture_read(f.data, &size);
	fd = open(f.data, O_WRONLY | O_CLOEXEC);
	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(start_agent(true), HARMLESS);
	while (progress->bit < size * 8)
		try_bits_until_crash(fd, image, size, progress);
	ck_assert_int_eq(start_agent(true), HARMLESS);
	printf("bits: %u of %zu flipped: %u harmless, %u denied, %u sealed, "
	       "%u crashed and sealed, 0 wrongly accepted\n",
	    progress->tried, size * 8, progress->counts[HARMLESS],
	    progress->counts[DENIED], progress->counts[SEALED],
	    progress->counts[CRASHED]);
	ck_assert_uint_gt(progress->counts[SEALED], 0);
	ck_assert_uint_gt(progress->counts[HARMLESS], 0);
	munmap(progress, sizeof(*progress));
	close(fd);
	free(image);
	fixture_fini(&f);
}
END_TEST

START_TEST(cut_files)
{
	unsigned counts[OUTCOME_COUNT] = { 0 };
	unsigned tried = 0;
	uint8_t *image;
	size_t size;

	make_store();
	image = fixture_read(f.data, &size);
	for (size_t at = 0; at < size; at += CUT) {
		tried++;
		fixture_write(f.data, image, at);
		counts[start_twice("cut at", at)]++;
	}
	fixture_write(f.data, image, size);
	ck_assert_int_eq(start_agent(true), HARMLESS);
	printf("bits: %u of %zu bytes cut: %u harmless, %u denied, %u sealed, "
	       "%u crashed and sealed, 0 wrongly accepted\n",
	    tried, size, counts[HARMLESS], counts[DENIED], counts[SEALED],
	    counts[CRASHED]);
	ck_assert_uint_gt(counts[SEALED], 0);
	free(image);
	fixture_fini(&f);
}
END_TEST

int
main(void)
{
	TCase *tcase = tcase_create("bits");

	/* Forks are slow under AddressSanitizer: minutes beside other tests. */
	tcase_set_timeout(tcase, getenv("APITOKEN_LONG") != NULL ? 7200 : 1200);
	tcase_add_test(tcase, flipped_bits);
	tcase_add_test(tcase, cut_files);
	return run_cases("bits", &tcase, 1);
}
