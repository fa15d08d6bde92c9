/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef BASE_THREADS_H
#define BASE_THREADS_H

#include <pthread.h>

/* Processors on which this process may run: at least 1. */
unsigned threads_useful(void);
/* As pthread_create(); signals stay with the threads that there are. */
int thread_start(pthread_t *thread, void *(*work)(void *arg), void *arg);
/* This thread, and those that it starts from now on, run soon after they are woken. */
void threads_wake_soon(void);

#endif
