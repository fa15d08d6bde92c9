// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * gen_chat.c - background: instant messages of MSN Messenger (MSNP12)
 *
 * One connection: version, client information, sign-in by a ticket, presence, then messages in both
 * directions and PNG/QNG keep-alives. The paper's negative test ran MSN beside Skype.
 */
#include <netinet/in.h>

#include "replay/background/generator.h"

enum { MSN_TRANSACTION };

static void msn_init(struct gen_session *s)
{
	s->word[MSN_TRANSACTION] = 1;
	host_name(&s->rng, s->text);
}

static unsigned transaction(struct gen_session *s)
{
	return (unsigned)s->word[MSN_TRANSACTION];
}

static void msn_ver(struct gen_session *s, struct writer *w)
{
	put_text(w, "VER %u MSNP12 CVR0\r\n", transaction(s));
}

static void msn_ver_ok(struct gen_session *s, struct writer *w)
{
	put_text(w, "VER %u MSNP12\r\n", transaction(s));
	s->word[MSN_TRANSACTION]++;
}

static void msn_cvr(struct gen_session *s, struct writer *w)
{
	put_text(w, "CVR %u 0x0409 winnt 5.1 i386 MSNMSGR 7.5.0322 msmsgs alice@%s\r\n",
		 transaction(s), s->text);
}

static void msn_cvr_ok(struct gen_session *s, struct writer *w)
{
	put_text(w, "CVR %u 7.5.0322 7.5.0322 5.0.0527 http://%s/setup http://%s/\r\n",
		 transaction(s), s->text, s->text);
	s->word[MSN_TRANSACTION]++;
}

static void msn_usr(struct gen_session *s, struct writer *w)
{
	put_text(w, "USR %u TWN I alice@%s\r\n", transaction(s), s->text);
}

static void msn_usr_ask(struct gen_session *s, struct writer *w)
{
	put_text(w, "USR %u TWN S ct=%llu,rver=1,wp=FS_40SEC_0_COMPACT,lc=1,id=507\r\n",
		 transaction(s), (unsigned long long)(s->now_ns / NS_PER_SEC));
	s->word[MSN_TRANSACTION]++;
}

static void msn_ticket(struct gen_session *s, struct writer *w)
{
	put_text(w, "USR %u TWN S t=%016llx", transaction(s), (unsigned long long)rng_u64(&s->rng));
	put_text(w, "%016llx", (unsigned long long)rng_u64(&s->rng));
	put_text(w, "&p=%016llx\r\n", (unsigned long long)rng_u64(&s->rng));
}

static void msn_in(struct gen_session *s, struct writer *w)
{
	put_text(w, "USR %u OK alice@%s 1 0\r\n", transaction(s), s->text);
	s->word[MSN_TRANSACTION]++;
}

static void msn_chg(struct gen_session *s, struct writer *w)
{
	put_text(w, "CHG %u NLN 1342558252\r\n", transaction(s));
}

static void msn_chg_ok(struct gen_session *s, struct writer *w)
{
	put_text(w, "CHG %u NLN 1342558252\r\n", transaction(s));
	s->word[MSN_TRANSACTION]++;
}

static void msn_text(struct gen_session *s, struct writer *w, const char *head)
{
	char body[400];
	struct writer b = {(uint8_t *)body, 0, sizeof(body)};
	unsigned words = rng_range(&s->rng, 1, 12);

	put_text(&b, "MIME-Version: 1.0\r\nContent-Type: text/plain; charset=UTF-8\r\n"
		     "X-MMS-IM-Format: FN=Arial; EF=; CO=0; CS=0; PF=22\r\n\r\n");
	while (words--)
		put_text(&b, "%s ", words % 3 ? "yes" : "tomorrow");
	put_text(w, "%s %u\r\n", head, b.len);
	put(w, b.p, b.len);
}

static void msn_say(struct gen_session *s, struct writer *w)
{
	char head[32];
	struct writer h = {(uint8_t *)head, 0, sizeof(head)};

	put_text(&h, "MSG %u N", transaction(s));
	head[h.len] = '\0';
	s->word[MSN_TRANSACTION]++;
	msn_text(s, w, head);
}

static void msn_hear(struct gen_session *s, struct writer *w)
{
	msn_text(s, w, "MSG bob@example.net Bob");
}

static void msn_ping(struct gen_session *s, struct writer *w)
{
	(void)s;
	put_text(w, "PNG\r\n");
}

static void msn_pong(struct gen_session *s, struct writer *w)
{
	(void)s;
	put_text(w, "QNG 47\r\n");
}

static const struct generator_step msn_steps[] = {
	{false, 0, 3, msn_ver, 0, 0, 0},	 {true, 20, 120, msn_ver_ok, 0, 0, 0},
	{false, 0, 3, msn_cvr, 0, 0, 0},	 {true, 20, 120, msn_cvr_ok, 0, 0, 0},
	{false, 0, 3, msn_usr, 0, 0, 0},	 {true, 20, 120, msn_usr_ask, 0, 0, 0},
	{false, 300, 900, msn_ticket, 0, 0, 0},	 {true, 20, 120, msn_in, 0, 0, 0},
	{false, 0, 9, msn_chg, 0, 0, 0},	 {true, 20, 120, msn_chg_ok, 0, 0, 0},
	{false, 900, 20000, msn_say, 0, 0, 0},	 {true, 900, 20000, msn_hear, 0, 0, 0},
	{false, 5000, 45000, msn_ping, 0, 0, 0}, {true, 20, 120, msn_pong, 4, 1, 10},
};

const struct generator gen_msn = {
	.name = "msn",
	.about = "instant messages, MSNP12",
	.proto = IPPROTO_TCP,
	.port = 1863,
	.close = CLOSE_OPENER,
	.init = msn_init,
	GENERATOR_STEPS(msn_steps),
};
