// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * gen_play.c - background: two games (the network protocol of Quake III Arena; Battle.net's UDP) and
 * random UDP
 *
 * The game: out-of-band commands to join, then 30 to 60 small packets a second in each direction,
 * which a rule that only counts cannot tell from voice. Battle.net (port 1119, which some rules of nDPI
 * and MMT leave out by number) is not published; its sizes are those by which nDPI's starcraft.c knows
 * StarCraft II, and its bytes are random. Random: datagrams of random bytes and sizes
 * to and from a peer; they show how often a byte test matches by chance.
 */
#include <netinet/in.h>

#include "replay/background/generator.h"

enum { GAME_CHALLENGE, GAME_QPORT, GAME_SEQ_A, GAME_SEQ_B };

static void game_init(struct gen_session *s)
{
	s->word[GAME_CHALLENGE] = rng_range(&s->rng, 1, 0x7fffffff);
	s->word[GAME_QPORT] = rng_range(&s->rng, 0, 0xffff);
	s->word[GAME_SEQ_A] = s->word[GAME_SEQ_B] = 1;
}

/* A command is outside the numbered packets and ends with NUL, as dissectors expect. */
static void command(struct writer *w, const char *text)
{
	put32(w, 0xffffffff);
	put_text(w, "%s", text);
	put8(w, 0);
}

static void game_info(struct gen_session *s, struct writer *w)
{
	(void)s;
	command(w, "getinfo xxx");
}

static void game_info_answer(struct gen_session *s, struct writer *w)
{
	put32(w, 0xffffffff);
	put_text(w, "infoResponse\n\\protocol\\68\\hostname\\lab\\mapname\\q3dm%u",
		 rng_range(&s->rng, 1, 17));
	put_text(w, "\\clients\\%u%c", rng_range(&s->rng, 0, 15), 0);
}

static void game_challenge(struct gen_session *s, struct writer *w)
{
	(void)s;
	command(w, "getchallenge");
}

static void game_challenge_answer(struct gen_session *s, struct writer *w)
{
	put32(w, 0xffffffff);
	put_text(w, "challengeResponse %u%c", (unsigned)s->word[GAME_CHALLENGE], 0);
}

static void game_connect(struct gen_session *s, struct writer *w)
{
	put32(w, 0xffffffff);
	put_text(w, "connect \"\\challenge\\%u\\qport\\%u\\protocol\\68\\name\\player\"%c",
		 (unsigned)s->word[GAME_CHALLENGE], (unsigned)s->word[GAME_QPORT], 0);
}

static void game_connected(struct gen_session *s, struct writer *w)
{
	(void)s;
	command(w, "connectResponse");
}

static void game_up(struct gen_session *s, struct writer *w)
{
	put32le(w, (uint32_t)s->word[GAME_SEQ_A]++);
	put16le(w, (unsigned)s->word[GAME_QPORT]);
	put_random(w, &s->rng, rng_range(&s->rng, 20, 60));
}

static void game_down(struct gen_session *s, struct writer *w)
{
	put32le(w, (uint32_t)s->word[GAME_SEQ_B]++);
	put_random(w, &s->rng, rng_range(&s->rng, 40, rng_range(&s->rng, 60, 500)));
}

static const struct generator_step game_steps[] = {
	{false, 0, 0, game_info, 0, 0, 0},	   {true, 20, 90, game_info_answer, 0, 0, 0},
	{false, 0, 2000, game_challenge, 0, 0, 0}, {true, 20, 90, game_challenge_answer, 0, 0, 0},
	{false, 0, 9, game_connect, 0, 0, 0},	   {true, 20, 90, game_connected, 0, 0, 0},
	{false, 16, 33, game_up, 0, 0, 0},	   {true, 0, 5, game_down, 2, 300, 1800},
};

const struct generator gen_game = {
	.name = "game",
	.application = "quake",
	.about = "a fast game over UDP, as Quake III Arena",
	.proto = IPPROTO_UDP,
	.port = 27960,
	.init = game_init,
	GENERATOR_STEPS(game_steps),
};

/* --- Battle.net --------------------------------------------------------------------------- */

static void battle_probe(struct gen_session *s, struct writer *w)
{
	put_random(w, &s->rng, 20);
}

static void battle_login(struct gen_session *s, struct writer *w)
{
	put_random(w, &s->rng, rng_range(&s->rng, 0, 1) ? 75 : 85);
}

static void battle_map(struct gen_session *s, struct writer *w)
{
	put_random(w, &s->rng, 548);
}

static void battle_map_end(struct gen_session *s, struct writer *w)
{
	put_random(w, &s->rng, 484);
}

static void battle_move(struct gen_session *s, struct writer *w)
{
	put_random(w, &s->rng, rng_range(&s->rng, 20, 120));
}

static const struct generator_step battle_steps[] = {
	{false, 0, 0, battle_probe, 0, 0, 0},	{true, 20, 90, battle_probe, 0, 0, 0},
	{false, 0, 20, battle_login, 0, 0, 0},	{true, 20, 90, battle_probe, 0, 0, 0},
	{true, 0, 20, battle_map, 1, 2, 2},	{true, 0, 20, battle_map_end, 0, 0, 0},
	{false, 40, 130, battle_move, 0, 0, 0}, {true, 20, 90, battle_move, 2, 50, 400},
};

const struct generator gen_battlenet = {
	.name = "battlenet",
	.about = "a game over Battle.net's UDP port, in sizes of StarCraft II",
	.proto = IPPROTO_UDP,
	.port = 1119,
	GENERATOR_STEPS(battle_steps),
};

/* --- random ------------------------------------------------------------------------------- */

static void random_message(struct gen_session *s, struct writer *w)
{
	put_random(w, &s->rng, rng_range(&s->rng, 1, rng_range(&s->rng, 20, 1400)));
}

static const struct generator_step random_steps[] = {
	{false, 0, 500, random_message, 0, 0, 0},
	{true, 0, 200, random_message, 2, 0, 10},
};

const struct generator gen_random = {
	.name = "random",
	.about = "datagrams of random bytes",
	.proto = IPPROTO_UDP,
	.port = 0,
	.peers = true,
	GENERATOR_STEPS(random_steps),
};
