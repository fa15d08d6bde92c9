// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * shards.c - the scoring of many captures on several machines: one shard's part, and the sum of the parts
 */
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "base/label.h"
#include "base/outfile.h"
#include "base/quote.h"
#include "cli/score/captures.h"
#include "cli/score/output.h"
#include "cli/score/shards.h"
#include "run/sweep/score_part.h"

/* What parts of one scoring have in common: signatures, detectors, what is asked. */
static json_t *subject_of(const struct score_options *o, const struct score_subjects *s)
{
	json_t *signatures = json_array();

	for (size_t i = 0; s->set && i < signatures_count(s->set); i++) {
		const struct signature_info *info = signatures_info(s->set, i);
		char hex[65] = "";

		(void)file_sha256(info->path, hex, NULL);
		json_array_append_new(signatures,
				      json_pack("{s:s, s:i, s:s}", "name", info->name, "revision",
						(int)info->revision, "sha256", hex));
	}
	return json_pack("{s:o, s:O?, s:s, s:b, s:b, s:b, s:s, s:s}", "signatures", signatures,
			 "detectors", s->foreign.facts, "target", score_target_of(o), "not_skype",
			 o->not_skype, "isolated", o->isolated, "confusion", o->confusion,
			 "traffic_version", o->version ? o->version : "-", "vantage",
			 o->vantage ? o->vantage : "-");
}

int score_shard(const struct score_options *o, struct score_subjects *s, char **list, bool *good,
		struct err *e)
{
	struct scoring c = {.o = o, .s = s, .list = list};
	struct score_part p;
	struct shard shard;
	struct outfile out;
	bool *mine;
	int rc;

	while (list[c.n])
		c.n++;
	if (shard_choose(o->shard, &shard, e) < 0)
		return -1;
	if (!shard.of)
		return err_set(e, "score: --shard all is no shard; leave --shard and --part out");
	if (shard.of > SCORE_PARTS_MAX)
		return err_set(e, "score: %u shards, expected at most %d, which --parts sums up",
			       shard.of, SCORE_PARTS_MAX);
	if (outfile_open(&out, o->part, e) < 0)
		return -1;
	score_part_of(&p, &shard, list, c.n);
	p.subject = subject_of(o, s);
	c.mine = mine = shard_captures(&shard, list, c.n);
	c.part = out.f;
	score_part_begin(out.f, &p);
	rc = score_all(&c, e);
	*good = !c.sum.faults;
	score_part_end(out.f);
	json_decref(p.subject);
	free(mine);
	if (rc == 0)
		return outfile_commit(&out, e);
	outfile_abort(&out);
	return rc;
}

enum command_end score_parts(struct command_call *call, struct err *e)
{
	const struct score_options *o = call->options;
	struct score_table *t = score_table_new();
	enum command_end end = COMMAND_FAILED;
	struct score_options as = *o;
	struct score_parts sum;
	const char *target;
	int not_skype, confusion;

	switch (score_parts_add(t, (const char *const *)call->arguments, call->n, &sum, e)) {
	case SCORE_PARTS_BAD:
		break;
	case SCORE_PARTS_MISSING:
		end = COMMAND_FINDING;
		break;
	case SCORE_PARTS_DONE:
		if (json_unpack(sum.subject, "{s:s, s:b, s:b}", "target", &target, "not_skype",
				&not_skype, "confusion", &confusion) < 0 ||
		    name_check(target, NAME_BYTES, e) < 0) {
			err_set(e, "%s: does not say what was scored; run its shard again",
				call->arguments[0]);
			break;
		}
		as.not_skype = not_skype;
		as.confusion = confusion;
		if (strcmp(target, LABEL_SKYPE) != 0)
			as.target = target;
		if (t->n && score_output(t, &as, &sum.flows, sum.captures, e) < 0)
			break;
		end = score_end(t, o, !sum.faults, sum.failed, e);
	}
	json_decref(sum.subject);
	score_table_free(t);
	return end;
}
