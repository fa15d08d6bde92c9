// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * plot_traffic.c - which plots of its own traffic a run has
 *
 * They show what the emulated users did, whatever any detector reports. A run without emulated
 * users has none of them.
 */
#include "results/report/plot_login.h"
#include "results/report/plot_ports.h"
#include "results/report/plot_sizes.h"
#include "results/report/plot_traffic.h"

int plot_traffic(const char *run_dir, struct plot_list *list, struct err *e)
{
	struct traffic t;
	int rc = traffic_read(&t, run_dir, e);

	if (rc > 0) {
		rc = t.sizes ? plot_sizes(&t, list, e) : 0;
		if (!rc && t.settings)
			rc = plot_ports(&t, list, e);
		if (!rc)
			rc = plot_login(&t, list, e);
	}
	traffic_clear(&t);
	return rc;
}
