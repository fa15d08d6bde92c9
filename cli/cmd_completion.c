// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * cmd_completion.c - `skypelab completion`: command lines completed in bash, zsh and fish
 *
 * The scripts know nothing of the commands: at each key they ask `skypelab completion words`, which
 * reads the option tables (cli/command/complete.c). So they never fall behind the program, and the
 * three shells offer the same. Names of files are left to the shell.
 */
#include <stdio.h>

#include "base/quote.h"
#include "cli/cmd_completion.h"
#include "cli/command/complete.h"

/* readline parts words at "=": they are put together again, and the answer is what follows it. */
static const char bash[] = "# bash completion for skypelab: eval \"$(skypelab completion bash)\"\n"
			   "_skypelab()\n"
			   "{\n"
			   "	local w n=0 line last= words=() found=()\n"
			   "	for w in \"${COMP_WORDS[@]:1:COMP_CWORD}\"; do\n"
			   "		[[ $n -eq 0 ]] || last=${words[n - 1]}\n"
			   "		if [[ $last == --*= || $last == --* && $w == = ]]; then\n"
			   "			words[n - 1]+=$w\n"
			   "		else\n"
			   "			words[n++]=$w\n"
			   "		fi\n"
			   "	done\n"
			   "	w=${words[n - 1]}\n"
			   "	[[ $w != --*=* ]] || w=${w#*=}\n"
			   "	COMPREPLY=()\n"
			   "	while IFS= read -r line; do\n"
			   "		found=()\n"
			   "		case $line in\n"
			   "		:files) mapfile -t found < <(compgen -f -- \"$w\") ;;\n"
			   "		:folders) mapfile -t found < <(compgen -d -- \"$w\") ;;\n"
			   "		--*=*) line=${line#*=} ;&\n"
			   "		*) COMPREPLY+=(\"${line%%$'\\t'*}\") ;;\n"
			   "		esac\n"
			   "		[[ $line != :* ]] || compopt -o filenames 2>/dev/null\n"
			   "		COMPREPLY+=(\"${found[@]}\")\n"
			   "	done < <(\"$1\" completion words -- \"${words[@]}\" 2>/dev/null)\n"
			   "}\n"
			   "complete -F _skypelab skypelab\n";

static const char zsh[] =
	"#compdef skypelab\n"
	"# zsh completion for skypelab: a file _skypelab in a folder of $fpath,\n"
	"# or eval \"$(skypelab completion zsh)\"\n"
	"_skypelab()\n"
	"{\n"
	"	local answer line files program=${(Q)words[1]}\n"
	"	local -a found typed\n"
	"	typed=(\"${(@Q)words[2,CURRENT]}\")\n"
	"	answer=$($program completion words -- \"${typed[@]}\" 2>/dev/null)\n"
	"	for line in ${(f)answer}; do\n"
	"		case $line in\n"
	"		(:*) files=$line ;;\n"
	"		(*) found+=(\"${${line%%$'\\t'*}//:/\\\\:}:${line#*$'\\t'}\") ;;\n"
	"		esac\n"
	"	done\n"
	"	(( ! $#found )) || _describe -t words word found\n"
	"	[[ -z $files || $PREFIX != --*=* ]] || compset -P '*='\n"
	"	case $files in\n"
	"	(:files) _files ;;\n"
	"	(:folders) _files -/ ;;\n"
	"	esac\n"
	"}\n"
	"if [[ $funcstack[1] = _skypelab ]]; then\n"
	"	_skypelab \"$@\"\n"
	"else\n"
	"	compdef _skypelab skypelab\n"
	"fi\n";

static const char fish[] =
	"# fish completion for skypelab: skypelab completion fish | source\n"
	"function __skypelab_words\n"
	"	set -l words (commandline -opc)\n"
	"	set -l typed (commandline -ct)\n"
	"	set -l path (string replace -r -- '^--[a-z-]+=' '' \"$typed\")\n"
	"	set -l before (string match -r -- '^--[a-z-]+=' \"$typed\")\n"
	"	set -l found\n"
	"	set words $words[2..-1] \"$typed\"\n"
	"	for line in (skypelab completion words -- $words 2>/dev/null)\n"
	"		switch $line\n"
	"			case :files\n"
	"				set found (__fish_complete_path \"$path\")\n"
	"			case :folders\n"
	"				set found (__fish_complete_directories \"$path\")\n"
	"			case '*'\n"
	"				printf '%s\\n' $line\n"
	"		end\n"
	"	end\n"
	"	for file in $found\n"
	"		printf '%s%s\\n' \"$before\" $file\n"
	"	end\n"
	"end\n"
	"complete -c skypelab -f -a '(__skypelab_words)'\n";

static enum command_end print_bash(struct command_call *call, struct err *e)
{
	(void)call;
	(void)e;
	fputs(bash, stdout);
	return COMMAND_DONE;
}

static enum command_end print_zsh(struct command_call *call, struct err *e)
{
	(void)call;
	(void)e;
	fputs(zsh, stdout);
	return COMMAND_DONE;
}

static enum command_end print_fish(struct command_call *call, struct err *e)
{
	(void)call;
	(void)e;
	fputs(fish, stdout);
	return COMMAND_DONE;
}

static void put_word(void *arg, const char *word, const char *about)
{
	(void)arg;
	printf("%s\t%s\n", quote_terminal(word), about);
}

static enum command_end words(struct command_call *call, struct err *e)
{
	(void)e;
	switch (complete_line(call->all, call->arguments, call->n, put_word, NULL)) {
	case COMPLETE_FILES:
		puts(":files");
		break;
	case COMPLETE_FOLDERS:
		puts(":folders");
		break;
	case COMPLETE_NOTHING:
		break;
	}
	return COMMAND_DONE;
}

static const struct command_form forms[] = {
	{.verb = "bash", .arguments = "", .help = "print the script for bash", .run = print_bash},
	{.verb = "zsh", .arguments = "", .help = "print the script for zsh", .run = print_zsh},
	{.verb = "fish", .arguments = "", .help = "print the script for fish", .run = print_fish},
	{.verb = "words",
	 .arguments = "-- WORD...",
	 .help = "print what may stand for the last word of a line",
	 .run = words},
};

const struct command completion_command = {
	.name = "completion",
	.help = "complete command lines in bash, zsh and fish",
	.forms = forms,
	.form_count = ARRAY_LEN(forms),
	.size = 1,
};
