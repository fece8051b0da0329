/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef APITOKEN_CLI_DOCTOR_H
#define APITOKEN_CLI_DOCTOR_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "cli/command.h"
#include "cli/doctorconfig.h"
#include "cli/pamstack.h"
#include "common/message.h"

/*
 * What apitoken doctor looks at, and how it says what it found.  It reads and
 * asks; it MUST NOT change anything, whoever runs it.  Files may be anybody's
 * in a folder named by --root: nothing in them is run.
 */

enum severity {
	DOCTOR_OK,
	DOCTOR_NOTE,	/* worth knowing; nothing is wrong */
	DOCTOR_UNKNOWN, /* could not be looked at */
	DOCTOR_WRONG,
};

#define DOCTOR_TEXT 768 /* bytes of a sentence, with a NUL */
#define DOCTOR_PATH 4096

/* The agent's row of the service, as OP_SERVICE tells it. */
struct doctor_row {
	bool known;
	char name[SERVICE_MAX + 1];
	char project[WORD_MAX + 1];
	char sessions[WORD_MAX + 1];
	bool elevated;
	size_t count;
	uid_t callers[UINT8_MAX];
};

struct doctor {
	const struct globals *globals;
	const char *root;	 /* "" for / */
	const char *config_path; /* given, or the default below root */
	struct doctor_config config;
	bool agent_answers;
	const char *service; /* under the look; NULL: the machine */
	struct pamstack stack;
	struct doctor_row row;
	/* What is being said: flushed by the next one. */
	struct output *output;
	int error; /* of the output */
	const char *check;
	bool pending;
	enum severity severity;
	char what[DOCTOR_TEXT], mend[DOCTOR_TEXT];
	unsigned wrong; /* so many findings */
};

/* Says what was found; doctor_mend() may follow with the line that mends it. */
void doctor_say(struct doctor *d, enum severity severity, const char *what, ...)
    __attribute__((format(printf, 3, 4)));
void doctor_mend(struct doctor *d, const char *mend, ...)
    __attribute__((format(printf, 2, 3)));

/*
 * Below root.  Cut where it does not fit, which no file's name survives: it
 * is then not found.
 */
void doctor_below(
    const struct doctor *d, const char *path, char below[DOCTOR_PATH]);

/*
 * A file or folder must belong to root (but for a service's: or to the agent's
 * user, or to us) and be nobody else's to write; the same for the folders on
 * the way.  Says so if it is not, or that it could not be looked at; whether
 * it is there and could.
 */
bool doctor_trusts(struct doctor *d, const char *path);

/* Whether it is not there; false also where that cannot be known. */
bool doctor_misses(const char *path);

/*
 * Runs a program with its arguments, no input, and at most 10 seconds, and
 * keeps the beginning of what it writes.  Its exit status; -1 if there was
 * none.
 */
int doctor_run(char *const *argv, char *said, size_t size);

/* Whether Cyrus SASL asks saslauthd for a service of that name. */
bool doctor_asks_saslauthd(const char *service);

/* A family of checks in a file each. */

typedef void doctor_check(struct doctor *d);

/* doctoragent.c: the agent as it answers. */
doctor_check doctor_agent, doctor_sockets;
/* doctorscope.c: its row of the service. */
doctor_check doctor_scope;
/* doctorfiles.c: what it stands on. */
doctor_check doctor_configuration, doctor_key, doctor_store, doctor_user,
    doctor_clock, doctor_module, doctor_fail2ban;
/* doctorpam.c: the service's lines in /etc/pam.d. */
doctor_check doctor_pam;
/* doctorstack.c: whether they do what they should. */
doctor_check doctor_auth, doctor_account, doctor_session;
/* doctorsshd.c, doctorservice.c: the service's own settings. */
doctor_check doctor_sshd, doctor_vsftpd, doctor_askers, doctor_saslauthd;

#endif
