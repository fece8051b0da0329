/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * timing [ROUNDS]: what a refusal costs, by why it is one: each case draws
 * from a pool of tokens of its own.  Under callgrind, which timing.sh runs,
 * the functions count_...() are what is compared; by itself it prints the
 * median of each in nanoseconds, the cases taken in turn.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "agent/server/answer.h"
#include "tests/unit/agent_fixture.h"

#define POOL   1024
#define ROUNDS 2000

struct asked {
	uint8_t packet[PROTO_QUESTION_MAX];
	size_t size;
};

static struct fixture fixture;
static unsigned long rounds = ROUNDS;

/* A refusal whose time somebody could compare with another's. */
enum kase {
	UNKNOWN,
	WRONG,
	REVOKED,
	LOGIN,
	REVOKED_WRONG,
	CASES
};

static const char *const names[CASES] = {
	[UNKNOWN] = "unknown id",
	[WRONG] = "wrong secret",
	[REVOKED] = "revoked",
	[LOGIN] = "wrong user",
	[REVOKED_WRONG] = "revoked, wrong secret",
};

static struct asked pools[CASES][POOL];
static uint32_t *samples[CASES];

static void
write_question(
    struct asked *asked, const struct token *token, const char *login)
{
	char text[TOKEN_TEXT_SIZE + 1];
	const struct question question = { .opcode = OP_AUTHENTICATE,
		.token = span_bytes(text, TOKEN_TEXT_SIZE),
		.login = span_of(login),
		.service = span_of("sshd"),
		.rhost = span_of("192.0.2.7") };
	struct wirebuf w;

	tokentext_format(token, text);
	wirebuf_write(&w, asked->packet, sizeof(asked->packet));
	question_put(&w, &question);
	asked->size = wirebuf_size(&w);
	ck_assert_uint_gt(asked->size, 0);
}

static void
fill(enum kase kase, size_t i)
{
	struct record record;
	struct token token;

	list_reset();
	good_token(&record, &token);
	record.spec.name = span_of(token.id);
	if (kase == REVOKED || kase == REVOKED_WRONG)
		record.state = STATE_REVOKED;
	if (kase != UNKNOWN)
		fixture_add(&fixture, &token, &record);
	if (kase == WRONG || kase == REVOKED_WRONG)
		token.secret[i % TOKEN_SECRET_SIZE] ^= 1;
	write_question(
	    &pools[kase][i], &token, kase == LOGIN ? "bobby" : "alice");
}

static void
ask(const struct asked *asked)
{
	const struct asker asker = { .agent = &fixture.agent,
		.config = fixture.config,
		.reader = fixture.reader,
		.now = NOW };
	uint8_t reply[PROTO_ANSWER_SIZE];
	struct attempt attempt;

	answer_question(
	    &asker, span_bytes(asked->packet, asked->size), reply, &attempt);
	if (reply[2] != STATUS_DENIED)
		abort();
}

/* One for each case, for callgrind to tell them apart. */
#define COUNT_CASE(name, kase)                                                 \
	__attribute__((noinline)) static void name(size_t i)                   \
	{                                                                      \
		ask(&pools[kase][i % POOL]);                                   \
		__asm__ volatile("" ::: "memory");                             \
	}

COUNT_CASE(count_unknown, UNKNOWN)
COUNT_CASE(count_wrong, WRONG)
COUNT_CASE(count_revoked, REVOKED)
COUNT_CASE(count_login, LOGIN)
COUNT_CASE(count_revoked_wrong, REVOKED_WRONG)

static void (*const counts[CASES])(size_t) = {
	[UNKNOWN] = count_unknown,
	[WRONG] = count_wrong,
	[REVOKED] = count_revoked,
	[LOGIN] = count_login,
	[REVOKED_WRONG] = count_revoked_wrong,
};

static uint64_t
now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

static int
compare(const void *a, const void *b)
{
	const uint32_t *left = a, *right = b;

	return (*left > *right) - (*left < *right);
}

static void
measure(void)
{
	for (unsigned long i = 0; i < rounds; i++)
		for (size_t kase = 0; kase < CASES; kase++) {
			uint64_t before = now_ns();

			counts[kase](i);
			samples[kase][i] = (uint32_t)(now_ns() - before);
		}
}

START_TEST(refusals)
{
	ck_assert_int_eq(crypto_init(), 0);
	fixture_open(&fixture, "");
	for (size_t i = 0; i < POOL; i++)
		for (enum kase kase = 0; kase < CASES; kase++)
			fill(kase, i);
	for (size_t kase = 0; kase < CASES; kase++) {
		samples[kase] = calloc(rounds, sizeof(uint32_t));
		ck_assert_ptr_nonnull(samples[kase]);
	}
	measure();
	for (size_t kase = 0; kase < CASES; kase++) {
		qsort(samples[kase], rounds, sizeof(uint32_t), compare);
		printf("timing: median %u ns for %s\n",
		    samples[kase][rounds / 2], names[kase]);
		free(samples[kase]);
	}
	fixture_close(&fixture);
}
END_TEST

int
main(int argc, char **argv)
{
	TCase *tcase = tcase_create("timing");

	if (argc > 1)
		rounds = strtoul(argv[1], NULL, 10);
	setenv("CK_FORK", "no", 1);
	tcase_add_test(tcase, refusals);
	return run_cases("timing", &tcase, 1);
}
