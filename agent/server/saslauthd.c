/* SPDX-License-Identifier: BSD-3-Clause */
#include "agent/server/saslauthd.h"

#include <arpa/inet.h>
#include <string.h>
#include <strings.h>

#include "common/error.h"
#include "common/tokentext.h"

#define REALM_SEPARATORS " \t,"

/* The next str16, unless it is not wholly there or too long. */
static enum saslauthd_state
take_field(struct span *rest, size_t most, struct span *field)
{
	size_t size;

	if (rest->size < 2)
		return SASLAUTHD_PART;
	size = (size_t)rest->data[0] << 8 | rest->data[1];
	if (size > most)
		return SASLAUTHD_BAD;
	if (rest->size - 2 < size)
		return SASLAUTHD_PART;
	*field = span_bytes(rest->data + 2, size);
	*rest = span_bytes(rest->data + 2 + size, rest->size - 2 - size);
	return SASLAUTHD_WHOLE;
}

static bool
has_nul(struct span s)
{
	return s.size > 0 && memchr(s.data, '\0', s.size) != NULL;
}

enum saslauthd_state
saslauthd_decode(struct span bytes, struct saslauthd_request *request)
{
	struct {
		struct span *field;
		bool may_be_empty;
	} fields[SASLAUTHD_FIELDS] = {
		{ &request->login, false },
		{ &request->password, false },
		{ &request->service, false },
		{ &request->realm, true },
	};

	*request = (struct saslauthd_request) { 0 };
	for (size_t i = 0; i < SASLAUTHD_FIELDS; i++) {
		struct span *field = fields[i].field;
		enum saslauthd_state state = take_field(
		    &bytes, SASLAUTHD_FIELD_MAX, field);

		if (state != SASLAUTHD_WHOLE)
			return state;
		if (has_nul(*field) ||
		    (span_empty(*field) && !fields[i].may_be_empty))
			return SASLAUTHD_BAD;
	}
	(void)take_field(&bytes, SASLAUTHD_ADDRESS_MAX, &request->address);
	return SASLAUTHD_WHOLE;
}

/* What is left of the last `;`, where that is an address; else nothing. */
static struct span
host_of(struct span address)
{
	const uint8_t *semicolon = address.size == 0 ? NULL
						     : memrchr(address.data,
							   ';', address.size);
	struct span host = { 0 };
	char text[SASLAUTHD_ADDRESS_MAX + 1];
	uint8_t bytes[16];

	if (semicolon == NULL)
		return host;
	host = span_bytes(address.data, (size_t)(semicolon - address.data));
	if (span_text(host, text, sizeof(text)) < 0 ||
	    (inet_pton(AF_INET, text, bytes) != 1 &&
		inet_pton(AF_INET6, text, bytes) != 1))
		return (struct span) { 0 };
	return host;
}

/* DNS names are the same in upper and lower case. */
static bool
is_local(struct span realm, const char *local_realms)
{
	const char *at = local_realms;

	for (;;) {
		size_t size;

		at += strspn(at, REALM_SEPARATORS);
		size = strcspn(at, REALM_SEPARATORS);
		if (size == 0)
			return false;
		if (size == realm.size &&
		    strncasecmp(at, (const char *)realm.data, size) == 0)
			return true;
		at += size;
	}
}

/* A realm that was in the login stays in any case: who says
 * alice@other.example in the local realm is not alice. */
static bool
stands_without_realm(
    const struct saslauthd_request *request, const char *local_realms)
{
	if (span_empty(request->realm))
		return true;
	return is_local(request->realm, local_realms) &&
	       memchr(request->login.data, '@', request->login.size) == NULL;
}

static struct span
login_of(const struct saslauthd_request *request, const char *local_realms,
    char text[SASLAUTHD_LOGIN_MAX])
{
	const struct span login = request->login, realm = request->realm;

	if (stands_without_realm(request, local_realms))
		return login;
	memcpy(text, login.data, login.size);
	text[login.size] = '@';
	memcpy(text + login.size + 1, realm.data, realm.size);
	return span_bytes(text, login.size + 1 + realm.size);
}

/* A URI scheme may stand before its text, nothing after it. */
static struct span
token_of(struct span password)
{
	struct token token = { 0 };
	struct span text = { 0 };

	if (tokentext_parse(
		(const char *)password.data, password.size, &token) == 0)
		text = span_bytes(
		    password.data + (password.size - TOKEN_TEXT_SIZE),
		    TOKEN_TEXT_SIZE);
	token_wipe(&token);
	return text;
}

int
saslauthd_question(const struct saslauthd_request *request,
    const char *local_realms, char login[SASLAUTHD_LOGIN_MAX],
    struct question *question)
{
	*question = (struct question) {
		.opcode = OP_AUTHENTICATE,
		.token = token_of(request->password),
		.login = login_of(request, local_realms, login),
		.service = request->service,
		.rhost = host_of(request->address),
		.tty = span_of("saslauthd"),
	};
	return span_empty(question->token) ? ERROR_MALFORMED : 0;
}

struct span
saslauthd_reply(enum status status)
{
	static const uint8_t ok[] = { 0, 2, 'O', 'K' };
	static const uint8_t no[] = { 0, 2, 'N', 'O' };

	if (status == STATUS_OK)
		return span_bytes(ok, sizeof(ok));
	if (status == STATUS_DENIED || status == STATUS_MALFORMED)
		return span_bytes(no, sizeof(no));
	return (struct span) { 0 };
}
