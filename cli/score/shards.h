/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CLI_SCORE_SHARDS_H
#define CLI_SCORE_SHARDS_H

#include "cli/command/command.h"
#include "cli/score/options.h"
#include "cli/score/subjects.h"

/* Scores the captures of one shard, as a part. *@good: all were. 0, or -1 with @e set. */
int score_shard(const struct score_options *o, struct score_subjects *s, char **list, bool *good,
		struct err *e);
/* `score --parts`: sums up what shards wrote. */
enum command_end score_parts(struct command_call *call, struct err *e);

#endif
