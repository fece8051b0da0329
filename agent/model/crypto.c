/* SPDX-License-Identifier: BSD-3-Clause */
#include "agent/model/crypto.h"

#include <sodium.h>
#include <string.h>

#include "common/error.h"

#define VERIFY_PERSONAL "apitoken-verify"
#define KDF_CONTEXT	"apitoken"
#define STACK_USED	4096 /* bytes; BLAKE2b's state and block are 1 KiB */
#define MAC_STACK_USED	1024 /* the state is a caller's; blocks and locals */

_Static_assert(CRYPTO_KEY_SIZE == crypto_kdf_KEYBYTES, "master key");
_Static_assert(
    sizeof(VERIFY_PERSONAL) == crypto_generichash_blake2b_PERSONALBYTES,
    "personal");
_Static_assert(sizeof(KDF_CONTEXT) - 1 == crypto_kdf_CONTEXTBYTES, "context");

int
crypto_init(void)
{
	return sodium_init() < 0 ? ERROR_SYSTEM : 0;
}

void
crypto_random(void *data, size_t size)
{
	randombytes_buf(data, size);
}

void *
crypto_alloc(size_t size)
{
	return sodium_malloc(size);
}

void
crypto_free(void *data)
{
	sodium_free(data);
}

void
crypto_wipe_stack(void)
{
	sodium_stackzero(STACK_USED);
}

/* 10 uniform base62 digits: what is above 20 * 62^10 is drawn again. */
static void
random_id(char id[TOKEN_ID_SIZE + 1])
{
	const uint64_t ids = UINT64_C(839299365868340224); /* 62^10 */
	const uint64_t limit = UINT64_MAX / ids * ids;
	uint64_t value;

	do
		crypto_random(&value, sizeof(value));
	while (value >= limit);
	tokentext_base62(value % ids, id, TOKEN_ID_SIZE);
	id[TOKEN_ID_SIZE] = '\0';
}

void
crypto_new_token(enum token_kind kind, struct token *token)
{
	token->kind = kind;
	random_id(token->id);
	crypto_random(token->secret, sizeof(token->secret));
}

void
crypto_verifier(
    const struct token *token, uint8_t verifier[CRYPTO_VERIFIER_SIZE])
{
	static const unsigned char
	    personal[crypto_generichash_blake2b_PERSONALBYTES] =
		VERIFY_PERSONAL;
	static const unsigned char salt[crypto_generichash_blake2b_SALTBYTES];
	uint8_t input[1 + TOKEN_ID_SIZE + TOKEN_SECRET_SIZE];

	input[0] = (uint8_t)token->kind;
	memcpy(input + 1, token->id, TOKEN_ID_SIZE);
	memcpy(input + 1 + TOKEN_ID_SIZE, token->secret, TOKEN_SECRET_SIZE);
	crypto_generichash_blake2b_salt_personal(verifier, CRYPTO_VERIFIER_SIZE,
	    input, sizeof(input), NULL, 0, salt, personal);
	sodium_memzero(input, sizeof(input));
}

/*
 * This and all below that takes a key wipes the stack before it returns:
 * libsodium's compression spills the block that it works on, the first of
 * which is the key, and the thread may not come here again for days.
 */
void
crypto_successor(const uint8_t key[CRYPTO_KEY_SIZE], const struct token *token,
    struct token *next)
{
	uint8_t input[2 * (1 + TOKEN_ID_SIZE) + TOKEN_SECRET_SIZE];
	uint8_t *at = input;

	*at++ = (uint8_t)token->kind;
	at = (uint8_t *)mempcpy(at, token->id, TOKEN_ID_SIZE);
	at = (uint8_t *)mempcpy(at, token->secret, TOKEN_SECRET_SIZE);
	*at++ = (uint8_t)next->kind;
	memcpy(at, next->id, TOKEN_ID_SIZE);
	crypto_generichash_blake2b(next->secret, TOKEN_SECRET_SIZE, input,
	    sizeof(input), key, CRYPTO_KEY_SIZE);
	sodium_memzero(input, sizeof(input));
	crypto_wipe_stack();
}

bool
crypto_equal(const void *a, const void *b, size_t size)
{
	/* The same in constant time, and faster. */
	if (size == crypto_verify_32_BYTES)
		return crypto_verify_32(a, b) == 0;
	if (size == crypto_verify_16_BYTES)
		return crypto_verify_16(a, b) == 0;
	return sodium_memcmp(a, b, size) == 0;
}

void
crypto_subkey(const uint8_t master[CRYPTO_KEY_SIZE], enum crypto_use use,
    uint8_t key[CRYPTO_KEY_SIZE])
{
	crypto_kdf_derive_from_key(
	    key, CRYPTO_KEY_SIZE, (uint64_t)use, KDF_CONTEXT, master);
	crypto_wipe_stack();
}

static void
mac_length(crypto_generichash_blake2b_state *state, size_t size)
{
	uint8_t length[4] = { (uint8_t)(size >> 24), (uint8_t)(size >> 16),
		(uint8_t)(size >> 8), (uint8_t)size };

	crypto_generichash_blake2b_update(state, length, sizeof(length));
}

void
crypto_mac(const uint8_t key[CRYPTO_KEY_SIZE], const struct span *parts,
    size_t count, uint8_t mac[CRYPTO_MAC_SIZE])
{
	crypto_generichash_blake2b_state state;

	crypto_generichash_blake2b_init(
	    &state, key, CRYPTO_KEY_SIZE, CRYPTO_MAC_SIZE);
	for (size_t i = 0; i < count; i++) {
		mac_length(&state, parts[i].size);
		crypto_generichash_blake2b_update(
		    &state, parts[i].data, parts[i].size);
	}
	crypto_generichash_blake2b_final(&state, mac, CRYPTO_MAC_SIZE);
	sodium_memzero(&state, sizeof(state));
	/* Of each row that is read: no more than it takes. */
	sodium_stackzero(MAC_STACK_USED);
}

/* Its size is a multiple of its alignment, as crypto_alloc() wants it. */
struct crypto_stream {
	crypto_generichash_blake2b_state state;
};

struct crypto_stream *
crypto_stream_new(const uint8_t key[CRYPTO_KEY_SIZE])
{
	struct crypto_stream *stream = crypto_alloc(sizeof(*stream));

	if (stream == NULL)
		return NULL;
	crypto_generichash_blake2b_init(
	    &stream->state, key, CRYPTO_KEY_SIZE, CRYPTO_MAC_SIZE);
	crypto_wipe_stack();
	return stream;
}

void
crypto_stream_free(struct crypto_stream *stream)
{
	crypto_free(stream);
}

void
crypto_stream_put(struct crypto_stream *stream, const void *data, size_t size)
{
	crypto_generichash_blake2b_update(&stream->state, data, size);
	crypto_wipe_stack();
}

void
crypto_stream_mac(
    const struct crypto_stream *stream, uint8_t mac[CRYPTO_MAC_SIZE])
{
	crypto_generichash_blake2b_state state = stream->state;

	crypto_generichash_blake2b_final(&state, mac, CRYPTO_MAC_SIZE);
	sodium_memzero(&state, sizeof(state));
	crypto_wipe_stack();
}
