/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef APITOKEN_COMMON_PROTO_H
#define APITOKEN_COMMON_PROTO_H

/*
 * The protocol between whoever asks (pam_apitoken.so, apitoken) and apitokend.
 *
 * Transport
 *
 *	AF_UNIX, SOCK_SEQPACKET.  One connection carries one request packet and
 *	one reply packet; then the agent closes.  A packet is a whole message: a
 *	receiver asks with MSG_TRUNC and treats a longer one as malformed.  An
 *	empty packet is the end of the connection and never a message.  A
 *	client that wants more asks again over a new connection.
 *
 *	auth.sock	0600: root's questions, from PAM modules in root's
 *			processes (sshd, vsftpd, sudo ...)
 *	user.sock	0666: the same questions from everybody else; answered
 *			only where `callers` of the service names the caller
 *	admin.sock	0666: the CLI; who asks is SO_PEERCRED, what they may
 *			is their role
 *
 *	Whoever connects checks, before the first byte, that the listener's
 *	uid (SO_PEERCRED: the credentials of listen(2)) is the one it trusts.
 *
 * Encoding
 *
 *	Numbers are unsigned and big-endian.
 *
 *	bool	one byte, 0 or 1
 *	time	u64, seconds since 1970 UTC, 0 for "never" or "not yet"
 *	str8	a length byte, that many bytes
 *	str16	a length of two bytes, that many bytes
 *	list	u8 count, u16 size of what follows, so many str8
 *	list16	the same with a u16 count
 *	token	the 48 characters of a token's text
 *	id	10 characters, the token's public id
 *
 *	No text is NUL-terminated or may hold a NUL.  A message ends with its
 *	last field: bytes after it make it malformed.
 *
 * Every message begins with
 *
 *	u8	version		PROTO_VERSION
 *	u8	opcode		of a request; a reply repeats it + PROTO_REPLY
 *	u8	status		of a reply; 0 in a request
 *	u8	0
 *
 *	To another version the agent answers STATUS_VERSION in a header of its
 *	own version.  A version, once released, is spoken for ever by the agent
 *	on auth.sock and user.sock: long-lived hosts keep an old module loaded.
 *	On admin.sock both ends come from one release.
 *
 * Questions of the module (at most PROTO_QUESTION_MAX bytes)
 *
 *	OP_AUTHENTICATE	token; str8 login, service, rhost, tty, ruser
 *	OP_ACCOUNT	ticket; str8 login, service, rhost
 *	OP_SESSION_OPEN	ticket; str8 login, service, rhost, tty, user
 *	OP_SESSION_CLOSE	ticket; str8 login, service, rhost
 *
 *	`login` is the name that the service wants to let in (PAM_USER),
 *	`service` the PAM service's name, `rhost` whatever text the service
 *	gives as the client's address; `tty` and `ruser` are for the log only.
 *	What the host does not tell is empty.
 *
 *	The ticket is PROTO_TICKET_SIZE bytes that the agent gave with a granted
 *	OP_AUTHENTICATE and that mean something only to it: they let OP_ACCOUNT
 *	ask "is that token still good for this login" without the secret.
 *
 *	The same ticket is the handle of a session: OP_SESSION_OPEN says, with
 *	the `login` that the ticket was made for and the `user` whose session it
 *	is (sudo opens one of another), that whoever asks is the process of a
 *	session of that token, and ends with it.  It is taken once, from root, for
 *	the same service, until PROTO_HANDLE_LIFETIME seconds after it was given.
 *	OP_SESSION_CLOSE, by the same process, says that the session is over.
 *
 *	The answer is always PROTO_ANSWER_SIZE bytes: header and ticket, all
 *	zeroes unless STATUS_OK to OP_AUTHENTICATE.  Its status is one of
 *
 *	STATUS_OK		the token opens this service for this login;
 *				the session is noted, or need not be
 *	STATUS_DENIED		it does not; why is in the agent's log
 *	STATUS_UNAVAILABLE	no verdict: sealed, or no room to record a use
 *	STATUS_REFUSED		no verdict: this caller may not ask
 *	STATUS_MALFORMED	no verdict: not a message
 *	STATUS_VERSION		no verdict: see above
 *
 *	and anything else is malformed.  Only STATUS_OK lets anybody in, and
 *	no number near it (0, 1, 255) means anything.
 *
 * Requests of the CLI (at most PROTO_MESSAGE_MAX bytes), each with its reply
 *
 *	A reply is header, str16 message, body.  The message is a sentence for
 *	people, empty when all is well; the body is there only with STATUS_OK
 *	(and STATUS_DENIED for OP_VERIFY).
 *
 *	OP_WHOAMI	-
 *		u32 uid; str8 login, role;
 *		list of permissions, "token.create=own"
 *	OP_STATUS	-
 *		u8 count, so many: str8 name, bool is-number, u64, str16 text
 *	OP_CREATE	spec; bool if-absent; bool dry-run
 *		info; bool existed; list of 0 or 1: the token's text
 *	OP_SHOW		str8 selector
 *		info
 *	OP_LIST		filter; str8 after (an id or a position, or empty);
 *			u16 limit; u8 order (enum list_order)
 *		u16 count, so many info; str8 next (a position, empty at the
 *		end); fewer than the limit does not mean the end
 *	OP_REVOKE	list16 of selectors; str8 reason; bool dry-run, brief,
 *			keep-sessions
 *	OP_DELETE	list16 of selectors; bool dry-run, brief
 *		u16 how many were changed; u16 count, so many info as they are
 *		then (those that OP_DELETE took away, as they were)
 *		brief, for full ids in ascending order, each for itself:
 *		u16 seen, changed, already, missing, refused; u8 status of the
 *		first refusal, str16 its message; where seen is less than they
 *		were, the rest waits to be asked for
 *	OP_DISABLE, OP_ENABLE	as OP_DELETE
 *	OP_EDIT		str8 selector; u32 fields; spec; bool dry-run
 *		info as it is then
 *	OP_REGENERATE	str8 selector; list users; u64 overlap, seconds;
 *			bool dry-run
 *		info; bool false; list of 0 or 1: the token's new text
 *	OP_AUDIT	str8 token, actor, action; time since, until; u64 after;
 *			u16 limit
 *		u16 count, so many entry; u64 next, 0 at the end; fewer than
 *		the limit does not mean the end
 *	OP_LEAKED	list16 of token, in ascending order; bool dry-run;
 *			holding one is the right to revoke it
 *		u16 seen, as above; u16 count, so many of those whose secret is
 *		right: bool revoked-already; info as it is then
 *	OP_ANCHOR	u64 number (0: of the last entry)
 *		anchor
 *	OP_BACKUP	-; with it comes a regular file that is open for writing
 *		origin; u64 damaged rows that are not in it; u8 count, so many:
 *		str8 database, u64 rows
 *	OP_RESTORE	bool dry-run; with it comes a regular file that is open
 *			for reading
 *		origin; u8 count, so many: str8 database, u64 added, replaced,
 *		kept, deleted (left out: it has a tombstone), name-taken (left
 *		out: another token has its name), ended (tombstones that took
 *		a secret away)
 *	OP_KEY_ADD	u8 number; 32 bytes, the key; bool dry-run (then a key
 *			that is there: is it the same one?)
 *		u8 number of the current key
 *	OP_KEY_STATUS	-
 *		str16 path of the key file; bool is-credential; bool under-way;
 *		str8 problem; u8 number of the current key; u8 count, so many:
 *		u8 number, u64 rows (audit entries apart)
 *	OP_VERIFY	token; str8 login, service, rhost
 *		list of the reasons against, for who proved the secret
 *	OP_EXPLAIN	str8 selector, login, service, rhost
 *		u8 count, so many: str8 condition, bool holds, str16 detail
 *	OP_SERVICE	str8 service
 *		str8 name; bool listed; str8 project, environment, access,
 *		role; bool elevated; str8 sessions; u8 count, so many: u32
 *		caller.  The row that verification goes by
 *	OP_EXCHANGE	token; u64 lifetime, seconds (0: what is usual);
 *			list users, allow
 *	OP_REFRESH	token
 *		token access, refresh; u64 expires-in, refresh-expires-in,
 *		seconds (0: never)
 *	OP_PROJECT_CREATE	str8 name; str16 description
 *	OP_PROJECT_EDIT		str8 name; u8 fields; str16 description;
 *				bool locked
 *		project as it is then
 *	OP_PROJECT_DELETE	str8 name; bool dry-run (its tokens are no
 *				obstacle then)
 *		project as it was
 *	OP_PROJECT_LIST		names
 *		u16 count, so many project; str8 next
 *	OP_ROLE_CREATE	str8 name; list permissions; str16 description
 *		role
 *	OP_ROLE_DELETE	str8 name; bool withdraw (its grants too)
 *		role as it was; u64 grants withdrawn
 *	OP_ROLE_LIST	names
 *		u16 count, so many role; str8 next
 *	OP_ROLE_GRANT	str8 role, principal, project; list login-as
 *	OP_ROLE_WITHDRAW	str8 role, principal, project
 *		grant as it is, or was
 *	OP_GRANT_LIST	names
 *		u16 count, so many grant; str8 next
 *
 *	OP_SESSION_LIST	str8 token (an id, or empty for all); u64 after;
 *			u16 limit
 *		u16 count, so many session; u64 next, 0 at the end; fewer than
 *		the limit does not mean the end
 *	OP_SESSION_END	str8 token (an id); bool dry-run
 *		u16 how many are ended
 *
 *	OP_AS		token; u8 opcode; the body of that request
 *		the body of its reply.  Who asks is then the owner of that
 *		management token, with no more than both may do.  STATUS_DENIED
 *		if it is not good: there is no body then, whatever was asked
 *	OP_EXPORT	bool verifiers; str8 owner, project; position
 *		u16 count, so many record; position; u32 how many damaged ones
 *		were left out; fewer than fit does not mean the end
 *	OP_IMPORT	bool exact; bool whole; bool dry-run; u16 count, so many
 *			record
 *		u16 count, so many result: of the first records; those after
 *		them were not looked at and want to be sent again
 *
 *	spec	u8 kind, type; bool organization; str8 name, owner,
 *		environment; str16 description; list users, allow, projects,
 *		roles, from; time expires_at, not_before; u32 uses
 *	info	id; spec; u8 state; time created_at; str8 created_by;
 *		time changed_at; str8 changed_by; str8 reason;
 *		time last_used_at; str8 last_used_service, last_used_from;
 *		u64 use_count; u8 count, so many secret, the newest first
 *	secret	u8 number; time expires_at, last_used_at
 *		u64 use_count
 *	origin	time created-at; u64 number of the last audit entry; 16 bytes,
 *		its MAC
 *	entry	u64 number; time at; bool is-sound; str8 actor, action,
 *		subject; str16 detail
 *	project	str8 name; str16 description; bool locked; u64 tokens (all
 *		ones: not yours to count); time created_at; str8 created_by;
 *		time changed_at; str8 changed_by
 *	role	str8 name; bool builtin; list permissions, "token.create=own";
 *		str16 description; time created_at; str8 created_by
 *	grant	str8 principal (a login name, or "%" and a gid), role, project
 *		(empty: the organization); list login-as; time granted_at;
 *		str8 granted_by
 *	session	u64 number; str8 token, parent (an id, or empty), owner, name
 *		(of the token), service, login, user, rhost, tty; u32 pid; time
 *		opened_at; u8 state (1 lives, 2 kept: its token does not end it,
 *		3 is being ended, 4 could not be ended); str8 why
 *	names	str8 name (empty: all); str8 after (the `next` of the page
 *		before, empty at first)
 *	anchor	u64 number; 16 bytes: that audit entry's MAC
 *	filter	str8 owner, project, service; u8 type (0: any);
 *		u8 states, a bit (1 << state) each; u8 kind (0: any);
 *		u64 unused_for, expiring, seconds (0: any);
 *		str8 from_address, a CIDR or empty
 *
 *	position u8 kind of record; str8 its key: go on after that one; kind 0
 *		is the beginning in a request and the end in a reply
 *	record	u8 kind; str16 body.  The bodies:
 *		1, token: str8 id; spec; u8 state; time created_at; str8
 *		created_by; time changed_at; str8 changed_by, reason; time
 *		last_used_at; str8 last_used_service, last_used_from; u64
 *		use_count; u8 count, so many: u8 number, time expires_at, 32
 *		bytes verifier.  In an import an empty id, a state of 0, a time
 *		of 0 and no secrets are what is not told.
 *		2, deletion (imports only): str8 id of a token
 *	result	u8 what became of it (1 made, 2 changed, 3 unchanged, 4 deleted,
 *		5 refused, 6 refused while the token `id`, which may be deleted
 *		first (unless exact: it has no secret), has that name); str8
 *		id, or empty; str16 message
 *
 *	A file comes as one descriptor by SCM_RIGHTS with the packet.  The agent
 *	takes no more than one, only a regular file, and closes what a request
 *	did not ask for.  It answers when it is done with the file, which may
 *	take long; one such request is carried out at a time (STATUS_CONFLICT).
 *
 *	A selector is a token's id, else its name, else at least
 *	PROTO_SELECTOR_MIN characters with which one id only begins.
 */
#define PROTO_VERSION 1
#define PROTO_REPLY   0x80

#define PROTO_HEADER_SIZE  4
#define PROTO_TICKET_SIZE  40
#define PROTO_ANSWER_SIZE  (PROTO_HEADER_SIZE + PROTO_TICKET_SIZE)
#define PROTO_QUESTION_MAX 1536

/* Below the 208 KiB that Linux gives a Unix socket's send buffer. */
#define PROTO_MESSAGE_MAX 65536

#define PROTO_SELECTOR_MIN 4

#define PROTO_HANDLE_LIFETIME 120 /* seconds */

#define PROTO_AUTH_SOCKET  "auth.sock"
#define PROTO_USER_SOCKET  "user.sock"
#define PROTO_ADMIN_SOCKET "admin.sock"

enum opcode {
	OP_AUTHENTICATE = 0x01,
	OP_ACCOUNT = 0x02,
	OP_SESSION_OPEN = 0x03,
	OP_SESSION_CLOSE = 0x04,
	OP_WHOAMI = 0x10,
	OP_STATUS = 0x11,
	OP_CREATE = 0x12,
	OP_SHOW = 0x13,
	OP_LIST = 0x14,
	OP_REVOKE = 0x15,
	OP_DELETE = 0x16,
	OP_VERIFY = 0x17,
	OP_EXPLAIN = 0x18,
	OP_DISABLE = 0x19,
	OP_ENABLE = 0x1a,
	OP_EDIT = 0x1b,
	OP_REGENERATE = 0x1c,
	OP_AUDIT = 0x1d,
	OP_EXCHANGE = 0x1e,
	OP_REFRESH = 0x1f,
	OP_BACKUP = 0x20,
	OP_RESTORE = 0x21,
	OP_KEY_ADD = 0x22,
	OP_KEY_STATUS = 0x23,
	OP_EXPORT = 0x24,
	OP_IMPORT = 0x25,
	OP_LEAKED = 0x26,
	OP_ANCHOR = 0x27,
	OP_PROJECT_CREATE = 0x28,
	OP_PROJECT_LIST = 0x29,
	OP_PROJECT_EDIT = 0x2a,
	OP_PROJECT_DELETE = 0x2b,
	OP_ROLE_CREATE = 0x2c,
	OP_ROLE_LIST = 0x2d,
	OP_ROLE_DELETE = 0x2e,
	OP_ROLE_GRANT = 0x2f,
	OP_ROLE_WITHDRAW = 0x30,
	OP_GRANT_LIST = 0x31,
	OP_AS = 0x32,
	OP_SESSION_LIST = 0x33,
	OP_SESSION_END = 0x34,
	OP_SERVICE = 0x3c,
};

/*
 * Far from zeroed or 0xff memory, and two bits at least from one another:
 * no single flipped bit turns a refusal into STATUS_OK.
 */
enum status {
	STATUS_OK = 0x5a,
	STATUS_DENIED = 0x21,
	STATUS_UNAVAILABLE = 0x22,
	STATUS_REFUSED = 0x24,
	STATUS_MALFORMED = 0x28,
	STATUS_VERSION = 0x30,
	/* admin.sock only */
	STATUS_INVALID = 0x41,	 /* an argument that is not allowed */
	STATUS_NOT_FOUND = 0x42, /* no such token */
	STATUS_FORBIDDEN = 0x44, /* your role does not permit it */
	STATUS_CONFLICT = 0x48,	 /* exists already, or more than one fits */
	STATUS_FAILED = 0x11,	 /* could not be done; nothing changed */
};

#endif
