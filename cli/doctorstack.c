/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Whether a service's lines let in whom they should, and nobody else: each
 * stack is played through with what may happen to a token.
 */
#include <stdio.h>
#include <string.h>

#include "cli/doctorpam.h"
#include "cli/pamplay.h"

/* What may happen to a token, and whom that may let in. */
struct scene {
	enum pamkind kind;
	struct pamcast cast;
	const char *what; /* happens that lets people in */
};

static const struct scene refusals[] = {
	{ PAMKIND_AUTH,
	    { RESULT_AUTH_ERR, RESULT_AUTH_ERR, RESULT_IGNORE, false },
	    "a refused token" },
	{ PAMKIND_AUTH,
	    { RESULT_AUTHINFO_UNAVAIL, RESULT_AUTH_ERR, RESULT_IGNORE, false },
	    "an agent that does not answer" },
	{ PAMKIND_AUTH,
	    { RESULT_MODULE_UNKNOWN, RESULT_AUTH_ERR, RESULT_IGNORE, false },
	    "a missing module" },
	{ PAMKIND_ACCOUNT,
	    { RESULT_ACCT_EXPIRED, RESULT_SUCCESS, RESULT_SUCCESS, false },
	    "a token that ended meanwhile" },
	{ PAMKIND_ACCOUNT,
	    { RESULT_AUTHINFO_UNAVAIL, RESULT_SUCCESS, RESULT_SUCCESS, false },
	    "an agent that does not answer" },
};

static bool
admits(const struct doctor *d, enum pamkind kind, struct pamcast cast,
    struct pamverdict *verdict)
{
	pamplay(&d->stack, kind, &cast, verdict);
	return verdict->admits;
}

static void
mend_form(struct doctor *d, const struct pamentry *entry, const char *control)
{
	const char *arguments = pamline_arguments(&entry->line);

	doctor_mend(d, "make line %u of %s: %s %s %s%s%s", entry->line.number,
	    entry->file, pamkind_word(entry->line.kind), control,
	    pamline_module(&entry->line), *arguments == '\0' ? "" : " ",
	    arguments);
}

/* Whether everything is refused that must be; sure or only if modules agree
 * that nobody here knows. */
static bool
refuses(struct doctor *d, enum pamkind kind, const struct pamentry *entry,
    const char *control)
{
	char sure[256] = "", perhaps[256] = "";
	struct pamverdict verdict;

	for (size_t i = 0; i < sizeof(refusals) / sizeof(refusals[0]); i++) {
		struct pamcast cast = refusals[i].cast;
		char *list = NULL;

		if (refusals[i].kind != kind)
			continue;
		if (admits(d, kind, cast, &verdict))
			list = sure;
		cast.other = RESULT_SUCCESS;
		cast.front_agrees = true;
		if (list == NULL && admits(d, kind, cast, &verdict))
			list = perhaps;
		if (list != NULL)
			(void)snprintf(list + strlen(list),
			    sizeof(sure) - strlen(list), "%s%s",
			    *list == '\0' ? "" : ", ", refusals[i].what);
	}
	if (sure[0] == '\0' && perhaps[0] == '\0')
		return true;
	doctor_say(d, sure[0] != '\0' ? DOCTOR_WRONG : DOCTOR_NOTE,
	    sure[0] != '\0'
		? "%s, line %u: its control lets anybody in with %s"
		: "%s, line %u: its control may let in with %s, if a module "
		  "beside it, which is not known here, says yes",
	    entry->file, entry->line.number, sure[0] != '\0' ? sure : perhaps);
	mend_form(d, entry, control);
	return false;
}

/* nontoken=ignore leaves what is no token to what follows. */
static bool
passwords_refused(struct doctor *d, const struct pamentry *entry)
{
	struct pamcast cast = { RESULT_IGNORE, RESULT_AUTH_ERR, RESULT_IGNORE,
		false };
	struct pamverdict verdict;

	if (!doctorpam_has(entry, "nontoken=ignore"))
		return true;
	if (admits(d, PAMKIND_AUTH, cast, &verdict)) {
		doctor_say(d, DOCTOR_WRONG,
		    "%s, line %u: any password lets anybody in: "
		    "nontoken=ignore leaves it to what follows, and nothing "
		    "there refuses",
		    entry->file, entry->line.number);
	} else {
		cast.other = RESULT_SUCCESS;
		cast.front_agrees = true;
		if (!admits(d, PAMKIND_AUTH, cast, &verdict))
			return true;
		doctor_say(d, DOCTOR_NOTE,
		    "%s, line %u: what is no token is left to modules that "
		    "are not known here",
		    entry->file, entry->line.number);
	}
	doctor_mend(d, "in %s, below line %u, add: auth requisite pam_deny.so",
	    entry->file, entry->line.number);
	return false;
}

/* Whether they get in as they should once modules in front say yes. */
static bool
depends_on_front(struct doctor *d, struct pamcast cast)
{
	struct pamverdict verdict;

	cast.front_agrees = true;
	return admits(d, PAMKIND_AUTH, cast, &verdict) && !verdict.asks_before;
}

/* A good token gets in, and no other module is asked for it first. */
static bool
tokens_admitted(struct doctor *d, const struct pamentry *entry)
{
	const struct pamcast good = { RESULT_SUCCESS, RESULT_AUTH_ERR,
		RESULT_SUCCESS, false };
	const struct pamentry *password = doctorpam_password(d, PAMKIND_AUTH);
	struct pamverdict verdict;
	bool admitted = admits(d, PAMKIND_AUTH, good, &verdict);

	if (admitted && !verdict.asks_before)
		return true;
	if (depends_on_front(d, good)) {
		doctor_say(d, DOCTOR_NOTE,
		    "%s, line %u: whether a token comes to it is left to "
		    "modules before it that are not known here",
		    entry->file, entry->line.number);
		return true;
	}
	if (verdict.asks_before && password != NULL) {
		doctor_say(d, DOCTOR_WRONG,
		    admitted ? "%s, line %u: it stands behind %s, which logs "
			       "a failure for every token and waits"
			     : "%s, line %u: it stands behind %s, which "
			       "refuses every token",
		    entry->file, entry->line.number,
		    pamline_module(&password->line));
		if (password->top != 0)
			doctor_mend(d, "move it before line %u (%s) of %s",
			    password->top, password->top_text, d->stack.file);
		return false;
	}
	doctor_say(d, DOCTOR_WRONG,
	    "%s, line %u: a good token is refused by what follows", entry->file,
	    entry->line.number);
	mend_form(d, entry, DOCTORPAM_CONTROL);
	return false;
}

/* What works, but not as most people want it. */
static void
passwords_note(struct doctor *d, const struct pamentry *entry)
{
	const struct pamcast refused = { RESULT_AUTH_ERR, RESULT_AUTH_ERR,
		RESULT_IGNORE, false };
	const struct pamcast password = { RESULT_IGNORE, RESULT_SUCCESS,
		RESULT_SUCCESS, false };
	struct pamverdict verdict;

	if (doctorpam_password(d, PAMKIND_AUTH) == NULL)
		return;
	(void)admits(d, PAMKIND_AUTH, refused, &verdict);
	if (verdict.asks_behind) {
		doctor_say(d, DOCTOR_NOTE,
		    "%s, line %u: a refused token is then tried as a "
		    "password, which leaves a second failure",
		    entry->file, entry->line.number);
		mend_form(d, entry, DOCTORPAM_CONTROL);
	} else if (!doctorpam_has(entry, "nontoken=ignore")) {
		doctor_say(d, DOCTOR_NOTE,
		    "%s, line %u: only tokens open it, no password",
		    entry->file, entry->line.number);
		doctor_mend(d, "for passwords too: nontoken=ignore at the end "
			       "of that line");
	} else if (!admits(d, PAMKIND_AUTH, password, &verdict) &&
		   !depends_on_front(d, password)) {
		doctor_say(d, DOCTOR_WRONG,
		    "%s, line %u: a right password is refused, although "
		    "nontoken=ignore leaves it to what follows",
		    entry->file, entry->line.number);
		mend_form(d, entry, DOCTORPAM_CONTROL);
	}
}

/* Lines behind ours that a token never comes to. */
static void
unasked_note(struct doctor *d, const struct pamentry *entry)
{
	const struct pamcast good = { RESULT_SUCCESS, RESULT_AUTH_ERR,
		RESULT_SUCCESS, false };
	const size_t at = (size_t)(entry - d->stack.entries);
	struct pamverdict verdict;

	if (!admits(d, PAMKIND_AUTH, good, &verdict) || verdict.decided != at)
		return;
	for (size_t i = at + 1; i < d->stack.count; i++) {
		const struct pamentry *other = &d->stack.entries[i];
		const struct pamline *line = &other->line;

		if (line->kind != PAMKIND_AUTH || !pamplay_may_refuse(line) ||
		    strcmp(line->words + line->control_at, "optional") == 0)
			continue;
		doctor_say(d, DOCTOR_NOTE,
		    "%s, line %u: %s is not asked about who comes with a token",
		    other->file, line->number, pamline_module(line));
		doctor_mend(d,
		    "what it is to refuse for: move it before line "
		    "%u of %s",
		    entry->line.number, entry->file);
	}
}

void
doctor_auth(struct doctor *d)
{
	const struct pamentry *entry = doctorpam_line(d, PAMKIND_AUTH);
	bool good;

	if (entry == NULL || d->stack.is_unread)
		return;
	doctorpam_arguments(d, entry);
	good = refuses(d, PAMKIND_AUTH, entry, DOCTORPAM_CONTROL);
	good = passwords_refused(d, entry) && good;
	good = tokens_admitted(d, entry) && good;
	passwords_note(d, entry);
	unasked_note(d, entry);
	if (good)
		doctor_say(d, DOCTOR_OK,
		    "good tokens get in, and nothing else does that should "
		    "not");
}

void
doctor_account(struct doctor *d)
{
	const struct pamentry *entry = doctorpam_line(d, PAMKIND_ACCOUNT);
	const struct pamcast password = { RESULT_IGNORE, RESULT_SUCCESS,
		RESULT_SUCCESS, false };
	struct pamverdict verdict;

	if (d->stack.is_unread || doctorpam_line(d, PAMKIND_AUTH) == NULL)
		return;
	if (entry == NULL) {
		doctor_say(d, DOCTOR_NOTE,
		    "no account line: a token that ends while somebody logs "
		    "in with it still lets them in");
		doctorpam_mend_missing(
		    d, PAMKIND_ACCOUNT, "account required " PAMPLAY_MODULE);
		return;
	}
	doctorpam_arguments(d, entry);
	if (!doctorpam_agrees(d, entry) ||
	    !refuses(d, PAMKIND_ACCOUNT, entry, "required"))
		return;
	if (doctorpam_has(doctorpam_line(d, PAMKIND_AUTH), "nontoken=ignore") &&
	    !admits(d, PAMKIND_ACCOUNT, password, &verdict)) {
		doctor_say(d, DOCTOR_WRONG,
		    "%s, line %u: who comes with a password is refused: no "
		    "other account line says yes",
		    entry->file, entry->line.number);
		doctor_mend(d,
		    "in %s, below line %u, add: account required "
		    "pam_permit.so",
		    entry->file, entry->line.number);
		return;
	}
	doctor_say(
	    d, DOCTOR_OK, "a token that ended meanwhile is refused here");
}

/* Modules in front may jump over it. */
static bool
session_is_asked(struct doctor *d, const struct pamentry *entry)
{
	const struct pamcast good = { RESULT_SUCCESS, RESULT_SUCCESS,
		RESULT_SUCCESS, true };
	struct pamverdict verdict;

	(void)admits(d, PAMKIND_SESSION, good, &verdict);
	if (!verdict.asked) {
		doctor_say(d, DOCTOR_WRONG,
		    "%s, line %u: it is not come to, so that sessions do not "
		    "end with their token",
		    entry->file, entry->line.number);
		doctor_mend(d, "make it the first session line: session "
			       "required " PAMPLAY_MODULE);
	}
	return verdict.asked;
}

/* Only where the agent would end sessions if it knew of them. */
void
doctor_session(struct doctor *d)
{
	const struct pamentry *entry = doctorpam_line(d, PAMKIND_SESSION);

	if (!d->row.known || strcmp(d->row.sessions, "none") == 0 ||
	    d->stack.is_unread || doctorpam_line(d, PAMKIND_AUTH) == NULL)
		return;
	if (entry != NULL) {
		doctorpam_arguments(d, entry);
		if (doctorpam_agrees(d, entry) && session_is_asked(d, entry))
			doctor_say(
			    d, DOCTOR_OK, "its sessions end with their token");
		return;
	}
	if (strcmp(d->row.sessions, "process") != 0)
		return;
	doctor_say(d, DOCTOR_NOTE,
	    "no session line: sessions do not end when their token is "
	    "revoked");
	doctorpam_mend_missing(
	    d, PAMKIND_SESSION, "session required " PAMPLAY_MODULE);
}
