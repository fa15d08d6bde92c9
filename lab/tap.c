// SPDX-License-Identifier: GPL-2.0-or-later
/* tap.c - placeholder until the captures land in the next commit */
#include "lab/topology.h"
void lab_taps_abort(struct lab *lab)
{
	(void)lab;
}
int lab_wires_start(struct lab *lab, uint64_t seed, struct err *e)
{
	(void)lab;
	(void)seed;
	return err_env(e, "no wires yet");
}
void lab_wires_stop(struct lab *lab)
{
	(void)lab;
}
