/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef BASE_EMBED_H
#define BASE_EMBED_H

/* A file of the source tree as the text @name, ended by NUL, which is declared `extern const char @name[];` before. @path counts
 * from the top of the tree, where the program is built. The Makefile says which object needs which file. */
#define EMBED_TEXT(name, path)                                                                     \
	__asm__(".pushsection .rodata\n" #name ":\n.incbin \"" path "\"\n.byte 0\n.popsection\n")

#endif
