/* SPDX-License-Identifier: BSD-3-Clause */
#include "cli/pamcontrol.h"

#include <stddef.h>
#include <string.h>
#include <strings.h>

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))

/* Over so many lines jumps no file. */
#define JUMP_MAX 9999

/* What the words stand for, as pam.conf(5) has it. */
static const struct {
	const char *word;
	const char *brackets;
} words[] = {
	{ "required",
	    "[success=ok new_authtok_reqd=ok ignore=ignore default=bad]" },
	{ "requisite",
	    "[success=ok new_authtok_reqd=ok ignore=ignore default=die]" },
	{ "sufficient", "[success=done new_authtok_reqd=done default=ignore]" },
	{ "optional", "[success=ok new_authtok_reqd=ok default=ignore]" },
};

/* A module's answers by name; RESULT_COUNT: known, and never asked for here. */
static const struct {
	const char *name;
	enum pamresult result;
} answers[] = {
	{ "success", RESULT_SUCCESS },
	{ "ignore", RESULT_IGNORE },
	{ "auth_err", RESULT_AUTH_ERR },
	{ "authinfo_unavail", RESULT_AUTHINFO_UNAVAIL },
	{ "acct_expired", RESULT_ACCT_EXPIRED },
	{ "module_unknown", RESULT_MODULE_UNKNOWN },
	{ "open_err", RESULT_COUNT },
	{ "symbol_err", RESULT_COUNT },
	{ "service_err", RESULT_COUNT },
	{ "system_err", RESULT_COUNT },
	{ "buf_err", RESULT_COUNT },
	{ "perm_denied", RESULT_COUNT },
	{ "cred_insufficient", RESULT_COUNT },
	{ "user_unknown", RESULT_COUNT },
	{ "maxtries", RESULT_COUNT },
	{ "new_authtok_reqd", RESULT_COUNT },
	{ "session_err", RESULT_COUNT },
	{ "cred_unavail", RESULT_COUNT },
	{ "cred_expired", RESULT_COUNT },
	{ "cred_err", RESULT_COUNT },
	{ "no_module_data", RESULT_COUNT },
	{ "conv_err", RESULT_COUNT },
	{ "authtok_err", RESULT_COUNT },
	{ "authtok_recover_err", RESULT_COUNT },
	{ "authtok_lock_busy", RESULT_COUNT },
	{ "authtok_disable_aging", RESULT_COUNT },
	{ "try_again", RESULT_COUNT },
	{ "abort", RESULT_COUNT },
	{ "authtok_expired", RESULT_COUNT },
	{ "bad_item", RESULT_COUNT },
	{ "conv_again", RESULT_COUNT },
	{ "incomplete", RESULT_COUNT },
};

static const struct {
	const char *name;
	enum pamaction action;
} actions[] = {
	{ "ignore", ACTION_IGNORE },
	{ "ok", ACTION_OK },
	{ "done", ACTION_DONE },
	{ "bad", ACTION_BAD },
	{ "die", ACTION_DIE },
	{ "reset", ACTION_RESET },
};

static bool
is_word(const char *text, size_t size, const char *word)
{
	return strlen(word) == size && memcmp(text, word, size) == 0;
}

static bool
jump_parse(const char *text, size_t size, unsigned *action)
{
	unsigned n = 0;

	for (size_t i = 0; i < size; i++) {
		if (text[i] < '0' || text[i] > '9' || n > JUMP_MAX)
			return false;
		n = n * 10 + (unsigned)(text[i] - '0');
	}
	/* To jump over nothing is to ignore. */
	*action = n == 0 ? ACTION_IGNORE : ACTION_JUMP + n;
	return size > 0;
}

static bool
action_parse(const char *text, size_t size, unsigned *action)
{
	for (size_t i = 0; i < COUNT(actions); i++)
		if (is_word(text, size, actions[i].name)) {
			*action = actions[i].action;
			return true;
		}
	return jump_parse(text, size, action);
}

/* The brackets as they are read: what was named, and what of the rest. */
struct reading {
	struct pamcontrol *control;
	bool named[RESULT_COUNT];
	unsigned otherwise;
};

static bool
pair_set(
    struct reading *reading, const char *name, size_t size, unsigned action)
{
	if (is_word(name, size, "default")) {
		reading->otherwise = action;
		return true;
	}
	for (size_t i = 0; i < COUNT(answers); i++) {
		if (!is_word(name, size, answers[i].name))
			continue;
		if (answers[i].result == RESULT_COUNT)
			return true;
		reading->control->actions[answers[i].result] = action;
		reading->named[answers[i].result] = true;
		return true;
	}
	return false;
}

/* Takes "name=action" off the text, with blanks anywhere around its parts. */
static bool
pair_take(struct reading *reading, const char **text)
{
	const char *name = *text, *value;
	size_t name_size = strcspn(name, " \t=]"), value_size;
	unsigned action;

	value = name + name_size;
	value += strspn(value, " \t");
	if (name_size == 0 || *value != '=')
		return false;
	value++;
	value += strspn(value, " \t");
	value_size = strcspn(value, " \t]");
	*text = value + value_size;
	return action_parse(value, value_size, &action) &&
	       pair_set(reading, name, name_size, action);
}

static bool
brackets_parse(const char *text, struct pamcontrol *control)
{
	struct reading reading = { .control = control,
		.otherwise = ACTION_BAD };

	for (text++;;) {
		text += strspn(text, " \t");
		if (*text == ']')
			break;
		if (!pair_take(&reading, &text))
			return false;
	}
	for (size_t i = 0; i < RESULT_COUNT; i++)
		if (!reading.named[i])
			control->actions[i] = reading.otherwise;
	return text[1] == '\0';
}

bool
pamcontrol_parse(const char *text, struct pamcontrol *control)
{
	bool good = false;

	if (*text == '[') {
		good = brackets_parse(text, control);
	} else {
		for (size_t i = 0; i < COUNT(words); i++)
			if (strcasecmp(text, words[i].word) == 0)
				good = brackets_parse(
				    words[i].brackets, control);
	}
	for (size_t i = 0; !good && i < RESULT_COUNT; i++)
		control->actions[i] = ACTION_BAD;
	return good;
}
