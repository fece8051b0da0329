/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef APITOKEN_COMMON_ERROR_H
#define APITOKEN_COMMON_ERROR_H

/*
 * What functions below the programs return: 0, or one of these.  Foreign
 * codes (errno, LMDB, libsodium, PAM) are turned into them where they arise;
 * ERROR_SYSTEM leaves the reason in errno.
 */
enum error {
	ERROR_NONE = 0,
	ERROR_MALFORMED = -1,	/* bytes or text that are not what they claim */
	ERROR_TOO_LONG = -2,	/* would not fit where it must go */
	ERROR_TIMEOUT = -3,	/* the deadline passed */
	ERROR_UNREACHABLE = -4, /* nobody listens at that path */
	ERROR_UNTRUSTED = -5,	/* somebody listens, but not who should */
	ERROR_CLOSED = -6,	/* the peer went away without an answer */
	ERROR_VERSION = -7,	/* the peer speaks another protocol version */
	ERROR_MEMORY = -8,
	ERROR_SYSTEM = -9, /* errno says why */
	ERROR_NOT_FOUND = -10,
	ERROR_EXISTS = -11,
	ERROR_STALE = -12,   /* a row changed since it was read */
	ERROR_CORRUPT = -13, /* stored bytes fail a check */
	ERROR_FULL = -14,    /* no space: disk, map, table or queue */
	ERROR_INVALID = -15, /* an argument outside what is allowed */
	ERROR_SEALED = -16,  /* the store is sealed and takes no change */
};

/* A constant English phrase for an error, never NULL; no errno in it. */
const char *error_text(int error);

#endif
