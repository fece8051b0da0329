/* SPDX-License-Identifier: BSD-3-Clause */
#include "cli/pamplay.h"

#include <string.h>

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))

/* Modules that say yes to a right password and no to a wrong one, and so no
 * to a token.  Those that ask for a second factor are not among them. */
static const char *const passwords[] = { "pam_unix.so", "pam_sss.so",
	"pam_krb5.so", "pam_ldap.so", "pam_winbind.so", "pam_pwdfile.so",
	"pam_userdb.so", "pam_mysql.so", "pam_pgsql.so", "pam_radius_auth.so",
	"pam_tacplus.so", "pam_systemd_home.so" };

/* Modules that always say the same; or, of those that check who it is, what
 * they say to people whom they let through: a yes that counts, and nothing
 * about the password. */
static const struct {
	const char *module;
	enum pamresult result;
} always[] = {
	{ "pam_permit.so", RESULT_SUCCESS },
	{ "pam_deny.so", RESULT_AUTH_ERR },
	/* A yes to root alone, who needs no token. */
	{ "pam_rootok.so", RESULT_AUTH_ERR },
	{ "pam_env.so", RESULT_IGNORE },
	{ "pam_cap.so", RESULT_IGNORE },
	{ "pam_echo.so", RESULT_IGNORE },
	{ "pam_faildelay.so", RESULT_IGNORE },
	{ "pam_group.so", RESULT_IGNORE },
	{ "pam_warn.so", RESULT_IGNORE },
	{ "pam_access.so", RESULT_SUCCESS },
	{ "pam_listfile.so", RESULT_SUCCESS },
	{ "pam_securetty.so", RESULT_SUCCESS },
	{ "pam_shells.so", RESULT_SUCCESS },
};

/* What is thought so far; libpam's `impression` and `status`. */
struct state {
	enum {
		THOUGHT_NONE,
		THOUGHT_GOOD,
		THOUGHT_BAD
	} thought;
	bool good; /* the answer that counts is success */
};

struct play {
	const struct pamstack *stack;
	enum pamkind kind;
	const struct pamcast *cast;
	struct pamverdict *verdict;
	struct state state;
	/* As it was when the substack of that level began. */
	struct state began[PAMSTACK_DEEP + 2];
};

bool
pamplay_is_password(const struct pamline *line)
{
	for (size_t i = 0; i < COUNT(passwords); i++)
		if (pamline_is(line, passwords[i]))
			return true;
	return false;
}

bool
pamplay_may_refuse(const struct pamline *line)
{
	if (pamline_is(line, PAMPLAY_MODULE) || pamplay_is_password(line) ||
	    pamline_is(line, "pam_permit.so"))
		return false;
	for (size_t i = 0; i < COUNT(always); i++)
		if (pamline_is(line, always[i].module))
			return always[i].result == RESULT_SUCCESS;
	return true;
}

static enum pamresult
answer_token(struct play *play, const struct pamline *line)
{
	play->verdict->asked = true;
	if (play->cast->token == RESULT_MODULE_UNKNOWN && line->silent)
		return RESULT_IGNORE;
	return play->cast->token;
}

static enum pamresult
answer(struct play *play, const struct pamline *line)
{
	struct pamverdict *verdict = play->verdict;

	if (pamline_is(line, PAMPLAY_MODULE))
		return answer_token(play, line);
	if (pamplay_is_password(line)) {
		if (verdict->asked)
			verdict->asks_behind = true;
		else
			verdict->asks_before = true;
		return play->cast->password;
	}
	for (size_t i = 0; i < COUNT(always); i++)
		if (pamline_is(line, always[i].module))
			return always[i].result;
	if (verdict->asked)
		return play->cast->other;
	return play->cast->front_agrees ? RESULT_SUCCESS : RESULT_IGNORE;
}

static void
think_good(struct state *state, enum pamresult result)
{
	if (state->thought == THOUGHT_BAD ||
	    (state->thought == THOUGHT_GOOD && !state->good))
		return;
	/* An error that is `ok`, or an `ignore`, ends the thinking, and is no
	 * success. */
	state->thought = THOUGHT_GOOD;
	state->good = result == RESULT_SUCCESS;
}

static void
think_bad(struct state *state)
{
	state->thought = THOUGHT_BAD;
	state->good = false;
}

/* The next line of that kind behind `at` that is not inside of a substack
 * that `at` begins; `count` if there is none on this level. */
static size_t
next_beside(const struct play *play, size_t at)
{
	const struct pamentry *entries = play->stack->entries;
	unsigned level = entries[at].level;

	for (at++; at < play->stack->count; at++) {
		if (entries[at].line.kind != play->kind)
			continue;
		if (entries[at].level <= level)
			return entries[at].level == level ? at
							  : play->stack->count;
	}
	return play->stack->count;
}

/* The next line outside of the substack that `at` is in. */
static size_t
next_outside(const struct play *play, size_t at)
{
	unsigned level = play->stack->entries[at].level;

	while (++at < play->stack->count)
		if (play->stack->entries[at].level < level &&
		    play->stack->entries[at].line.kind == play->kind)
			break;
	return at;
}

/* Over the next n lines; to jump further than the stack goes is a mistake
 * that libpam has fail. */
static size_t
jump(struct play *play, size_t at, unsigned n)
{
	unsigned level = play->stack->entries[at].level;

	for (; n > 0; n--) {
		size_t next = next_beside(play, at);

		if (next == play->stack->count) {
			think_bad(&play->state);
			break;
		}
		at = next;
	}
	/* The last one may have begun a substack. */
	do
		at++;
	while (
	    at < play->stack->count && play->stack->entries[at].level > level);
	return at;
}

/* Carries out what a line says of its module's answer; where to go on. */
static size_t
act(struct play *play, size_t at, unsigned action, enum pamresult result)
{
	struct state *state = &play->state;

	if (action > ACTION_JUMP)
		return jump(play, at, action - ACTION_JUMP);
	if (action == ACTION_RESET)
		*state = play->began[play->stack->entries[at].level];
	else if (action == ACTION_OK || action == ACTION_DONE)
		think_good(state, result);
	else if (action == ACTION_BAD || action == ACTION_DIE)
		think_bad(state);
	if (action == ACTION_DIE ||
	    (action == ACTION_DONE && state->thought == THOUGHT_GOOD)) {
		play->verdict->decided = at;
		return next_outside(play, at);
	}
	return at + 1;
}

void
pamplay(const struct pamstack *stack, enum pamkind kind,
    const struct pamcast *cast, struct pamverdict *verdict)
{
	struct play play = {
		.stack = stack, .kind = kind, .cast = cast, .verdict = verdict
	};
	size_t at = 0;

	*verdict = (struct pamverdict) { .decided = stack->count };
	while (at < stack->count) {
		const struct pamline *line = &stack->entries[at].line;
		enum pamresult result;

		if (line->kind == kind && line->form == PAMLINE_SUBSTACK)
			play.began[stack->entries[at].level + 1] = play.state;
		if (line->kind != kind ||
		    (line->form == PAMLINE_SUBSTACK && line->wrong == NULL)) {
			at++;
			continue;
		}
		if (line->wrong != NULL) {
			think_bad(&play.state);
			at++;
			continue;
		}
		verdict->decided = stack->count;
		result = answer(&play, line);
		at = act(&play, at, line->control.actions[result], result);
	}
	verdict->admits = play.state.thought == THOUGHT_GOOD && play.state.good;
}
