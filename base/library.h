/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef BASE_LIBRARY_H
#define BASE_LIBRARY_H

/**
 * struct library - a shared library that few commands need, loaded when a function of it is first called
 * @file:	Its name for the linker, as what it was compiled against says
 * @package:	Debian's, for the message
 */
struct library {
	const char *file, *package;
	void *_Atomic handle; /* NULL = not loaded */
};

/* Loads @l, for processes that will be forked: each of them would. Where it is missing nothing happens yet. */
void library_load(struct library *l);
/* A function of @l. Ends the program with one line where the library or the function is missing, as the linker would
 * at the start. */
void *library_function(struct library *l, const char *name);

/* The function @name, which was declared, of @l: its header gives macros of its functions' names
 * (`#define f LIBRARY_FUNCTION(l, f)`). Each place looks it up once. */
#define LIBRARY_FUNCTION(l, name)                                                                  \
	(*__extension__({                                                                          \
		static __typeof__(&(name)) kept_##name;                                            \
		__typeof__(&(name)) found_##name =                                                 \
			__atomic_load_n(&kept_##name, __ATOMIC_RELAXED);                           \
		if (!found_##name) {                                                               \
			found_##name = (__typeof__(&(name)))library_function(&(l), #name);         \
			__atomic_store_n(&kept_##name, found_##name, __ATOMIC_RELAXED);            \
		}                                                                                  \
		found_##name;                                                                      \
	}))

/* The same of a variable. */
#define LIBRARY_VARIABLE(l, name) (*(__typeof__(&(name)))library_function(&(l), #name))

#endif
