/* SPDX-License-Identifier: BSD-3-Clause */
#include "common/tokentext.h"

#include <string.h>

#include "common/error.h"
#include "common/secret.h"

/*
 * What touches the secret has neither a branch nor an index that depends on
 * it: its time and its traces in a cache say nothing.
 */

#define PREFIX_SIZE   3
#define ID_AT	      (PREFIX_SIZE + 1)
#define SECRET_AT     (ID_AT + TOKEN_ID_SIZE + 1)
#define SECRET_DIGITS 27
#define CHECK_AT      (SECRET_AT + SECRET_DIGITS)
#define CHECK_DIGITS  6
#define LIMBS	      (TOKEN_SECRET_SIZE / 4)
#define LIMB_DIGITS   5 /* 62^5 < 2^32 */

_Static_assert(
    CHECK_AT + CHECK_DIGITS == TOKEN_TEXT_SIZE, "the parts make the whole");

/* What digit_value() gives for a byte that is no digit. */
#define NOT_A_DIGIT 0xffU

static const char prefixes[][PREFIX_SIZE + 1] = {
	[TOKEN_API] = "atk",
	[TOKEN_ACCESS] = "ata",
	[TOKEN_REFRESH] = "atr",
	[TOKEN_MANAGEMENT] = "atm",
};

#define PREFIXES (sizeof(prefixes) / sizeof(prefixes[0]))

/* All ones if low <= c <= high, else 0, for values below 2^31. */
static uint32_t
between(uint32_t c, uint32_t low, uint32_t high)
{
	return 0U - (((low - 1 - c) & (c - high - 1)) >> 31);
}

static uint32_t
digit_value(char digit)
{
	const uint32_t c = (uint8_t)digit;
	const uint32_t number = between(c, '0', '9');
	const uint32_t upper = between(c, 'A', 'Z');
	const uint32_t lower = between(c, 'a', 'z');

	return (number & (c - '0')) | (upper & (c - 'A' + 10)) |
	       (lower & (c - 'a' + 36)) |
	       (~(number | upper | lower) & NOT_A_DIGIT);
}

static char
digit_of(uint32_t value)
{
	return (char)('0' + value + (between(value, 10, 61) & 7) +
		      (between(value, 36, 61) & 6));
}

/* The number times factor plus digits; what does not fit. */
static uint32_t
multiply_add(uint32_t limbs[LIMBS], uint32_t factor, uint32_t digits)
{
	uint64_t carry = digits;

	for (size_t i = 0; i < LIMBS; i++) {
		carry += (uint64_t)limbs[i] * factor;
		limbs[i] = (uint32_t)carry;
		carry >>= 32;
	}
	return (uint32_t)carry;
}

/*
 * The number, most significant byte first, times 62 and so on: Horner.  As
 * many digits at a time as a limb holds.
 */
static int
secret_decode(const char *digits, uint8_t secret[TOKEN_SECRET_SIZE])
{
	uint32_t limbs[LIMBS] = { 0 }; /* least significant first */
	uint32_t wrong = 0;

	for (size_t i = 0; i < SECRET_DIGITS;) {
		const size_t end = i + LIMB_DIGITS < SECRET_DIGITS
				       ? i + LIMB_DIGITS
				       : SECRET_DIGITS;
		uint32_t factor = 1, value = 0;

		for (; i < end; i++) {
			const uint32_t digit = digit_value(digits[i]);

			factor *= 62;
			value = value * 62 + (digit & 0x3f);
			wrong |= digit & 0xc0;
		}
		wrong |= multiply_add(limbs, factor, value);
	}
	for (size_t i = 0; i < TOKEN_SECRET_SIZE; i++)
		secret[TOKEN_SECRET_SIZE - 1 - i] = (uint8_t)(limbs[i / 4] >>
							      (i % 4 * 8));
	wipe(limbs, sizeof(limbs));
	return wrong != 0 ? ERROR_MALFORMED : 0;
}

static void
secret_encode(const uint8_t secret[TOKEN_SECRET_SIZE], char *digits)
{
	uint32_t limbs[LIMBS] = { 0 }; /* most significant first */

	for (size_t i = 0; i < TOKEN_SECRET_SIZE; i++)
		limbs[i / 4] = limbs[i / 4] << 8 | secret[i];
	for (size_t i = SECRET_DIGITS; i > 0; i--) {
		uint64_t rest = 0;

		for (size_t j = 0; j < LIMBS; j++) {
			rest = rest << 32 | limbs[j];
			limbs[j] = (uint32_t)(rest / 62);
			rest %= 62;
		}
		digits[i - 1] = digit_of((uint32_t)rest);
	}
	wipe(limbs, sizeof(limbs));
}

/* All ones if that bit is set, else 0. */
static uint32_t
mask_of_bit(uint32_t byte, unsigned bit)
{
	return 0U - (byte >> bit & 1);
}

/*
 * What the bits of a byte that is shifted out of a CRC-32 (0xedb88320) leave
 * behind in it.  The usual table of 256 is these eight, combined: they are
 * not looked up but combined each time, all at once.
 */
static uint32_t
crc_of_byte(uint32_t byte)
{
	return ((mask_of_bit(byte, 0) & 0x77073096) ^
		   (mask_of_bit(byte, 1) & 0xee0e612c)) ^
	       ((mask_of_bit(byte, 2) & 0x076dc419) ^
		   (mask_of_bit(byte, 3) & 0x0edb8832)) ^
	       ((mask_of_bit(byte, 4) & 0x1db71064) ^
		   (mask_of_bit(byte, 5) & 0x3b6e20c8)) ^
	       ((mask_of_bit(byte, 6) & 0x76dc4190) ^
		   (mask_of_bit(byte, 7) & 0xedb88320));
}

/* CRC-32 of everything before the check; no table is indexed: see above. */
static void
check_digits(const char *text, char digits[CHECK_DIGITS])
{
	uint32_t crc = UINT32_MAX;

	for (size_t i = 0; i < CHECK_AT; i++)
		crc = crc >> 8 ^ crc_of_byte((crc ^ (uint8_t)text[i]) & 0xff);
	tokentext_base62(~crc, digits, CHECK_DIGITS);
}

static bool
check_holds(const char *text)
{
	char digits[CHECK_DIGITS];
	uint32_t different = 0;

	check_digits(text, digits);
	for (size_t i = 0; i < CHECK_DIGITS; i++)
		different |= (uint8_t)(digits[i] ^ text[CHECK_AT + i]);
	wipe(digits, sizeof(digits));
	return different == 0;
}

/* 0 if it is none of them. */
static enum token_kind
kind_of(const char *text)
{
	for (size_t kind = TOKEN_API; kind < PREFIXES; kind++)
		if (memcmp(text, prefixes[kind], PREFIX_SIZE) == 0)
			return (enum token_kind)kind;
	return (enum token_kind)0;
}

int
tokentext_parse(const char *text, size_t size, struct token *token)
{
	const size_t scheme = sizeof(TOKEN_URI_SCHEME) - 1;
	struct token parsed = { 0 };
	int error = ERROR_MALFORMED;

	if (size == scheme + TOKEN_TEXT_SIZE &&
	    memcmp(text, TOKEN_URI_SCHEME, scheme) == 0) {
		text += scheme;
		size -= scheme;
	}
	if (size != TOKEN_TEXT_SIZE)
		return ERROR_MALFORMED;
	parsed.kind = kind_of(text);
	if (parsed.kind == 0 || text[ID_AT - 1] != '_' ||
	    text[SECRET_AT - 1] != '_' ||
	    !tokentext_is_base62(text + ID_AT, TOKEN_ID_SIZE))
		return ERROR_MALFORMED;
	memcpy(parsed.id, text + ID_AT, TOKEN_ID_SIZE);
	if (secret_decode(text + SECRET_AT, parsed.secret) != 0 ||
	    !check_holds(text))
		goto out;
	*token = parsed;
	error = 0;
out:
	token_wipe(&parsed);
	return error;
}

void
tokentext_format(const struct token *token, char text[TOKEN_TEXT_SIZE + 1])
{
	memcpy(text, tokentext_prefix(token->kind), PREFIX_SIZE);
	text[ID_AT - 1] = '_';
	memcpy(text + ID_AT, token->id, TOKEN_ID_SIZE);
	text[SECRET_AT - 1] = '_';
	secret_encode(token->secret, text + SECRET_AT);
	check_digits(text, text + CHECK_AT);
	text[TOKEN_TEXT_SIZE] = '\0';
}

const char *
tokentext_prefix(enum token_kind kind)
{
	/* Row 0 is the empty string; a text that begins so is no token. */
	return prefixes[(size_t)kind < PREFIXES ? (size_t)kind : 0];
}

bool
tokentext_is_base62(const char *text, size_t size)
{
	for (size_t i = 0; i < size; i++)
		if (digit_value(text[i]) == NOT_A_DIGIT)
			return false;
	return true;
}

bool
tokentext_holds(const char *text, size_t size)
{
	static const char kinds[] = { 'k', 'a', 'r', 'm' };

	for (; size >= SECRET_AT; text++, size--)
		if (text[0] == 'a' && text[1] == 't' &&
		    memchr(kinds, text[2], sizeof(kinds)) != NULL &&
		    text[3] == '_' &&
		    tokentext_is_base62(text + ID_AT, TOKEN_ID_SIZE) &&
		    text[SECRET_AT - 1] == '_')
			return true;
	return false;
}

void
tokentext_base62(uint64_t value, char *digits, size_t size)
{
	for (size_t i = size; i > 0; i--) {
		digits[i - 1] = digit_of((uint32_t)(value % 62));
		value /= 62;
	}
}

void
token_wipe(struct token *token)
{
	wipe(token, sizeof(*token));
}
