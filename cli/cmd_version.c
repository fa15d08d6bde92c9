// SPDX-License-Identifier: GPL-2.0-or-later
/* cmd_version.c - `skypelab version`: the program's version and those of its libraries */
#include <jansson.h>
#include <nettle/version.h>
#include "base/capture/pcap.h"
#include "results/history/sqlite.h"
#include <stdio.h>
#include <zlib.h>

#include "base/yaml.h"
#include "cli/cmd_version.h"
#include "replay/recorded/libcurl.h"

static enum command_end print_versions(struct command_call *call, struct err *e)
{
	const struct libcurl *curl = libcurl(e);

	(void)call;
	printf("skypelab %s\n%s\njansson %s\nSQLite %s\nzlib %s\nlibcyaml %s\nnettle %d.%d\n%s\n",
	       SKYPELAB_VERSION, pcap_lib_version(), JANSSON_VERSION, sqlite3_libversion(),
	       zlibVersion(), yaml_library_version(), nettle_version_major(),
	       nettle_version_minor(), curl ? curl->version() : e->msg);
	return COMMAND_DONE;
}

static const struct command_form forms[] = {{.arguments = "", .run = print_versions}};

const struct command version_command = {
	.name = "version",
	.help = "print the versions of the program and of its libraries",
	.forms = forms,
	.form_count = ARRAY_LEN(forms),
	.size = 1,
};
