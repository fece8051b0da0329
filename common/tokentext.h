/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef APITOKEN_COMMON_TOKENTEXT_H
#define APITOKEN_COMMON_TOKENTEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * The token's text:
 *
 *	atk_<id: 10 base62>_<secret: 27 base62><check: 6 base62>
 *
 * base62 is 0-9 A-Z a-z, most significant digit first.  The secret is 160
 * bits (62^27 is a little more; what is above 2^160 is not a token).  The
 * check is the CRC-32 (IEEE 802.3) of the 42 characters before it; it tells
 * typing errors and leaked tokens apart from noise and protects nothing.
 *
 * 48 characters: the narrowest pipes on the way to a PAM module cut at 49
 * (iRODS), 99 (old psql), 128 (vsftpd), 256 (saslauthd), 512 (PAM).
 */
#define TOKEN_TEXT_SIZE	  48 /* characters, without a NUL */
#define TOKEN_ID_SIZE	  10 /* characters, without a NUL */
#define TOKEN_SECRET_SIZE 20 /* bytes: 160 bits */

/* Accepted in front of a token's text, RFC 8959; not part of it. */
#define TOKEN_URI_SCHEME "secret-token:"

/* Kinds are never interchangeable.  The numbers are on the wire and stored. */
enum token_kind {
	TOKEN_API = 1,	      /* atk_: a password, over PAM or SASL */
	TOKEN_ACCESS = 2,     /* ata_: short-lived, likewise */
	TOKEN_REFRESH = 3,    /* atr_: buys the next access token only */
	TOKEN_MANAGEMENT = 4, /* atm_: for the admin socket only */
};

/* What a text says.  Holds a secret: wipe it with token_wipe(). */
struct token {
	enum token_kind kind;
	char id[TOKEN_ID_SIZE + 1];
	uint8_t secret[TOKEN_SECRET_SIZE];
};

/*
 * Parses exactly size bytes, with or without the URI scheme in front.
 * ERROR_MALFORMED for anything but the one canonical text of a token:
 * length, prefix, alphabet, overflow, checksum.  *token is then unchanged.
 */
int tokentext_parse(const char *text, size_t size, struct token *token);

/* Writes the text and a NUL.  Holds a secret: wipe it. */
void tokentext_format(
    const struct token *token, char text[TOKEN_TEXT_SIZE + 1]);

/* The three letters before the first underscore: "atk". */
const char *tokentext_prefix(enum token_kind kind);

/* Whether all bytes are base62 digits; true for none. */
bool tokentext_is_base62(const char *text, size_t size);

/*
 * Whether a token is in it, or begins there as one does, up to where its secret
 * is: some cut it.  People put the token where the login name goes (curl -u
 * TOKEN:), and FTP servers repeat that as PAM_RUSER.
 */
bool tokentext_holds(const char *text, size_t size);

/* value (below 62^size) as size base62 digits, no NUL. */
void tokentext_base62(uint64_t value, char *digits, size_t size);

void token_wipe(struct token *token);

#endif
