/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef RESULTS_PLOT_LOGIN_H
#define RESULTS_PLOT_LOGIN_H

#include "base/err.h"
#include "results/report/plot_file.h"
#include "results/report/traffic.h"

/* time-to-login: how long each login took, per setting. No plot when nobody logged in. 0, or -1
 * with @e set. */
int plot_login(const struct traffic *t, struct plot_list *list, struct err *e);

#endif
