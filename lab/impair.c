// SPDX-License-Identifier: GPL-2.0-or-later
/* impair.c - placeholder: refuses impaired links until the forwarder lands */
#include "lab/topology.h"

int lab_wires_start(struct lab *lab, uint64_t seed, struct err *e)
{
	(void)lab;
	(void)seed;
	return err_env(e, "no impaired links yet");
}

void lab_wires_stop(struct lab *lab)
{
	(void)lab;
}
