/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * accepts [ROUNDS]: asks the agent's own answer_question(), over a real
 * store, for tokens that are mutated, spliced, truncated, forged or refused,
 * and demands that none is let in: a million of them, 10^8 with APITOKEN_LONG
 * set.  Nine of ten have the right checksum, half an id that is live.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "agent/server/answer.h"
#include "tests/faults/pool.h"

#define ROUNDS	    1000000
#define ROUNDS_LONG 100000000
#define PART	    10000000 /* Check counts no more than half an hour */
#define LIVE	    400
#define REFUSED	    24	 /* for each reason */
#define GENUINE	    1000 /* every so many, one is to be let in */

#define ID_AT	     4
#define SECRET_AT    15
#define CHECK_DIGITS 6
#define CHECK_AT     (TOKEN_TEXT_SIZE - CHECK_DIGITS)
#define TEXT_MAX     96

struct forgery {
	char text[TEXT_MAX + 1];
	size_t size;
};

struct tally {
	uint64_t tried, live_ids, checks, malformed, denied, genuine, wrong;
};

static struct fixture fixture;
static struct pool pool;
static unsigned long rounds; /* of a part */

/* An independent CRC-32 of the check's definition. */
static uint32_t
crc32_of(const char *text, size_t size)
{
	static uint32_t table[256];
	uint32_t crc = UINT32_MAX;

	for (uint32_t i = 0; table[255] == 0 && i < 256; i++) {
		table[i] = i;
		for (int bit = 0; bit < 8; bit++)
			table[i] = table[i] >> 1 ^
				   (table[i] & 1 ? 0xedb88320U : 0);
	}
	for (size_t i = 0; i < size; i++)
		crc = table[(crc ^ (uint8_t)text[i]) & 0xff] ^ crc >> 8;
	return ~crc;
}

static char
any_digit(void)
{
	static const char digits[] = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				     "abcdefghijklmnopqrstuvwxyz";

	return digits[dice(sizeof(digits) - 1)];
}

static void
copy(struct forgery *f, const char *text)
{
	strcpy(f->text, text);
	f->size = strlen(text);
}

static void
mutate(struct forgery *f, const struct target *a, const struct target *b)
{
	(void)b;
	copy(f, a->text);
	for (uint32_t i = dice(3) + 1; i > 0; i--) {
		uint32_t at = dice(8) == 0 ? dice(TOKEN_TEXT_SIZE)
					   : SECRET_AT + dice(27);

		f->text[at] = dice(8) == 0 ? (char)dice(256) : any_digit();
	}
}

static void
flip(struct forgery *f, const struct target *a, const struct target *b)
{
	struct token token = a->token;
	uint32_t bit = dice(TOKEN_SECRET_SIZE * 8);

	(void)b;
	token.secret[bit / 8] ^= (uint8_t)(1U << bit % 8);
	tokentext_format(&token, f->text);
	f->size = TOKEN_TEXT_SIZE;
}

static void
splice(struct forgery *f, const struct target *a, const struct target *b)
{
	uint32_t cut = dice(4) == 0 ? dice(TOKEN_TEXT_SIZE)
				    : SECRET_AT + dice(27);

	copy(f, a->text);
	memcpy(f->text + cut, b->text + cut, TOKEN_TEXT_SIZE - cut);
}

/* Shorter, longer, behind the scheme or a part of it. */
static void
truncate_text(struct forgery *f, const struct target *a, const struct target *b)
{
	size_t kept = TOKEN_TEXT_SIZE - dice(TOKEN_TEXT_SIZE);
	const char *scheme = TOKEN_URI_SCHEME;

	copy(
	    f, dice(4) == 0 ? scheme + dice((uint32_t)strlen(scheme) + 1) : "");
	memcpy(f->text + f->size, a->text, kept);
	f->size += kept;
	if (dice(4) == 0) {
		size_t more = dice(TOKEN_TEXT_SIZE / 2);

		memcpy(f->text + f->size, b->text, more);
		f->size += more;
	}
	f->text[f->size] = '\0';
}

static void
forge(struct forgery *f, const struct target *a, const struct target *b)
{
	struct token token;

	(void)b;
	crypto_new_token((enum token_kind)(1 + dice(4)), &token);
	if (dice(4) == 0)
		memcpy(token.id, a->token.id, sizeof(token.id));
	if (dice(4) == 0)
		memset(token.secret, dice(2) ? 0 : 0xff, sizeof(token.secret));
	tokentext_format(&token, f->text);
	f->size = TOKEN_TEXT_SIZE;
}

static void
change_kind(struct forgery *f, const struct target *a, const struct target *b)
{
	static const char kinds[] = "karm";

	(void)b;
	copy(f, a->text);
	f->text[2] = kinds[dice(sizeof(kinds) - 1)];
}

static const struct attack {
	const char *name;
	unsigned weight;
	void (*make)(
	    struct forgery *f, const struct target *a, const struct target *b);
} attacks[] = {
	{ "mutated", 4, mutate },
	{ "flipped", 2, flip },
	{ "spliced", 3, splice },
	{ "truncated", 1, truncate_text },
	{ "forged", 3, forge },
	{ "of another kind", 1, change_kind },
};

/* The last is the one with the rest of the weight: what is refused. */
#define REFUSED_WEIGHT 2

static const struct attack *
choose_attack(void)
{
	unsigned sum = REFUSED_WEIGHT, at;

	for (size_t i = 0; i < COUNT(attacks); i++)
		sum += attacks[i].weight;
	at = dice(sum);
	for (size_t i = 0; i < COUNT(attacks); i++) {
		if (at < attacks[i].weight)
			return &attacks[i];
		at -= attacks[i].weight;
	}
	return NULL;
}

static bool
begins_with_scheme(const struct forgery *f)
{
	return f->size > strlen(TOKEN_URI_SCHEME) &&
	       memcmp(f->text, TOKEN_URI_SCHEME, strlen(TOKEN_URI_SCHEME)) == 0;
}

/* Whether it came out as one of those that it was made from. */
static bool
is_genuine(
    const struct forgery *f, const struct target *a, const struct target *b)
{
	size_t skipped = begins_with_scheme(f) ? strlen(TOKEN_URI_SCHEME) : 0;
	const char *text = f->text + skipped;

	return f->size - skipped == TOKEN_TEXT_SIZE &&
	       (memcmp(text, a->text, TOKEN_TEXT_SIZE) == 0 ||
		   memcmp(text, b->text, TOKEN_TEXT_SIZE) == 0);
}

/* Mostly with the right check for what stands before it. */
static bool
put_check(struct forgery *f)
{
	size_t skipped = begins_with_scheme(f) ? strlen(TOKEN_URI_SCHEME) : 0;
	char *text = f->text + skipped;
	size_t size = f->size - skipped;

	if (size <= CHECK_DIGITS || dice(20) == 0)
		return false;
	tokentext_base62(crc32_of(text, size - CHECK_DIGITS),
	    text + size - CHECK_DIGITS, CHECK_DIGITS);
	return true;
}

static enum status
ask(const struct target *target, const char *text, size_t size)
{
	const struct question question = { .opcode = OP_AUTHENTICATE,
		.token = span_bytes(text, size),
		.login = span_of(target->login),
		.service = span_of(target->service),
		.rhost = span_of(target->rhost) };
	const struct asker asker = { .agent = &fixture.agent,
		.config = fixture.config,
		.reader = fixture.reader,
		.peer = { .uid = target->caller },
		.now = target->now };
	uint8_t packet[PROTO_QUESTION_MAX], reply[PROTO_ANSWER_SIZE];
	struct attempt attempt;
	struct wirebuf w;

	wirebuf_write(&w, packet, sizeof(packet));
	question_put(&w, &question);
	changeset_free(answer_question(
	    &asker, span_bytes(packet, wirebuf_size(&w)), reply, &attempt));
	/* The verdict on who asks, not on the token. */
	if (reply[2] == (uint8_t)STATUS_REFUSED && target->caller != 0)
		return STATUS_DENIED;
	return (enum status)reply[2];
}

static void
note(
    struct tally *tally, enum status status, const char *name, const char *what)
{
	tally->tried++;
	tally->malformed += status == STATUS_MALFORMED;
	tally->denied += status == STATUS_DENIED;
	if (status == STATUS_MALFORMED || status == STATUS_DENIED)
		return;
	/* Neither is right: an error is no verdict on what can be decided. */
	if (tally->wrong++ > 0)
		return;
	fprintf(stderr, "accepts: %s one that is %s%s%s\n",
	    status == STATUS_OK ? "let in" : "could not decide on", name,
	    what[0] != '\0' ? ": " : "", what);
}

static void
try_refused(struct tally *tally)
{
	const struct target *target =
	    &pool.refused[dice((uint32_t)pool.refused_count)];

	tally->checks++;
	note(tally, ask(target, target->text, TOKEN_TEXT_SIZE), "refused",
	    target->what);
}

static const struct target *
any_live(void)
{
	return &pool.live[dice((uint32_t)pool.live_count)];
}

static void
try_attack(struct tally *tally, const struct attack *attack)
{
	const struct target *a, *b;
	struct forgery f;
	bool right;

	do {
		a = any_live();
		b = any_live();
		attack->make(&f, a, b);
		right = put_check(&f);
	} while (is_genuine(&f, a, b));
	tally->checks += right;
	tally->live_ids += f.size == TOKEN_TEXT_SIZE &&
			   memcmp(f.text + ID_AT, a->token.id, TOKEN_ID_SIZE) ==
			       0;
	note(tally, ask(a, f.text, f.size), attack->name, "");
}

static void
try_genuine(struct tally *tally)
{
	const struct target *target =
	    &pool.live[dice((uint32_t)pool.live_count)];

	if (ask(target, target->text, TOKEN_TEXT_SIZE) == STATUS_OK)
		tally->genuine++;
}

static void
work(uint64_t seed, unsigned long count, int pipe_end)
{
	struct tally tally = { 0 };

	dice_seed(seed);
	fixture_open(&fixture, POOL_CONFIG);
	pool_make(&pool, &fixture, LIVE, REFUSED);
	for (unsigned long i = 0; i < count; i++) {
		const struct attack *attack = choose_attack();

		if (i % GENUINE == 0)
			try_genuine(&tally);
		if (attack == NULL)
			try_refused(&tally);
		else
			try_attack(&tally, attack);
	}
	pool_free(&pool);
	fixture_close(&fixture);
	_exit(write(pipe_end, &tally, sizeof(tally)) != sizeof(tally));
}

static void
add(struct tally *sum, const struct tally *tally)
{
	sum->tried += tally->tried;
	sum->live_ids += tally->live_ids;
	sum->checks += tally->checks;
	sum->malformed += tally->malformed;
	sum->denied += tally->denied;
	sum->genuine += tally->genuine;
	sum->wrong += tally->wrong;
}

/* A process for each processor. */
static void
share_work(struct tally *sum, uint64_t seed)
{
	unsigned long workers = (unsigned long)sysconf(_SC_NPROCESSORS_ONLN);
	struct tally tally;
	int ends[2], status;

	ck_assert_int_eq(pipe(ends), 0);
	for (unsigned long i = 0; i < workers; i++) {
		pid_t pid = fork();

		ck_assert_int_ge(pid, 0);
		if (pid == 0)
			work(seed + i, rounds / workers, ends[1]);
	}
	close(ends[1]);
	while (read(ends[0], &tally, sizeof(tally)) == sizeof(tally))
		add(sum, &tally);
	close(ends[0]);
	for (unsigned long i = 0; i < workers; i++) {
		ck_assert_int_gt(wait(&status), 0);
		ck_assert_int_eq(status, 0);
	}
}

START_TEST(nobody_is_let_in)
{
	uint64_t seed = (uint64_t)time(NULL) << 16 ^ (uint64_t)getpid();
	struct tally sum = { 0 };

	ck_assert_int_eq(crypto_init(), 0);
	share_work(&sum, seed);
	printf("accepts: %lu tried, %lu with a live id, %lu with the right "
	       "check; %lu denied, %lu malformed, %lu wrongly accepted; "
	       "seed %lu\n",
	    sum.tried, sum.live_ids, sum.checks, sum.denied, sum.malformed,
	    sum.wrong, seed);
	ck_assert_uint_eq(sum.wrong, 0);
	ck_assert_uint_eq(sum.denied + sum.malformed, sum.tried);
	ck_assert_uint_ge(sum.tried, rounds / 2);
	ck_assert_uint_ge(sum.live_ids, sum.tried / 2);
	ck_assert_uint_ge(sum.checks, sum.tried / 10 * 9);
	/* The others would have been let in. */
	ck_assert_uint_ge(sum.genuine, sum.tried / GENUINE);
}
END_TEST

int
main(int argc, char **argv)
{
	TCase *tcase = tcase_create("accepts");
	int parts = 1;

	rounds = getenv("APITOKEN_LONG") != NULL ? ROUNDS_LONG : ROUNDS;
	if (argc > 1)
		rounds = strtoul(argv[1], NULL, 10);
	if (rounds > PART) {
		parts = (int)(rounds / PART);
		rounds = PART;
	}
	tcase_set_timeout(tcase, 7200);
	tcase_add_loop_test(tcase, nobody_is_let_in, 0, parts);
	return run_cases("accepts", &tcase, 1);
}
