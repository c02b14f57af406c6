/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Linked with each program that is compared: a tracer sees where it begins and
 * ends, and the number of its batches is written to the file COMBINE_COUNT.
 */
#define _GNU_SOURCE
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <sysbatch_combine.h>

/* In the program without the plugin there is none. */
#pragma weak sysbatch_combine_counted

__attribute__((constructor)) static void begin(void)
{
	(void)!access("/mark/begin", F_OK);
}

__attribute__((destructor)) static void end(void)
{
	struct sysbatch_combine_count count = { 0, 0 };
	const char *path = getenv("COMBINE_COUNT");
	FILE *file;

	(void)!access("/mark/end", F_OK);
	if (sysbatch_combine_counted)
		count = sysbatch_combine_counted();
	file = path ? fopen(path, "w") : NULL;
	if (file) {
		fprintf(file, "%llu\n", (unsigned long long)count.batches);
		fclose(file);
	}
}
