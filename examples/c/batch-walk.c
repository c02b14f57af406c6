/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Walks a tree: the names of a directory are read, then all of them are asked
 * about with lstat in one crossing.
 *
 *	cc batch-walk.c $(pkg-config --cflags --libs sysbatch)
 */
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "linux/batch.h"

/* How many names go into one batch. */
#define NAMES 256

static unsigned long files, directories, bytes;
static int failed;

static void walk(const char *path);

static void *allocate(size_t size)
{
	void *memory = malloc(size);

	if (!memory) {
		perror("malloc");
		exit(1);
	}
	return memory;
}

/* Asks about `count` paths, and walks those that are directories. */
static void look(char **paths, int count)
{
	static syscall_t calls[NAMES];
	struct stat *st = allocate(count * sizeof(*st));
	long *rets = allocate(count * sizeof(*rets));
	int k;

	for (k = 0; k < count; k++)
		calls[k] = scall2(lstat, 0, 0, 0, paths[k], &st[k]);
	if (batch(rets, calls, count, 0, 0) != count - 1) {
		perror("batch");
		exit(1);
	}
	for (k = 0; k < count; k++) {
		if (rets[k] < 0) {
			fprintf(stderr, "%s: %s\n", paths[k],
				strerror(-rets[k]));
			failed = 1;
		} else if (S_ISDIR(st[k].st_mode)) {
			directories++;
			walk(paths[k]);
		} else {
			files++;
			bytes += st[k].st_size;
		}
		free(paths[k]);
	}
	free(st);
	free(rets);
}

static void walk(const char *path)
{
	DIR *directory = opendir(path);
	struct dirent *entry;
	char *paths[NAMES];
	int count = 0;

	if (!directory) {
		perror(path);
		failed = 1;
		return;
	}
	while (errno = 0, (entry = readdir(directory))) {
		size_t length = strlen(path) + strlen(entry->d_name) + 2;

		if (!strcmp(entry->d_name, ".") || !strcmp(entry->d_name, ".."))
			continue;
		paths[count] = allocate(length);
		snprintf(paths[count], length, "%s/%s", path, entry->d_name);
		if (++count == NAMES) {
			look(paths, count);
			count = 0;
		}
	}
	if (errno) {
		perror(path);
		failed = 1;
	}
	if (count)
		look(paths, count);
	closedir(directory);
}

int main(int argc, char **argv)
{
	walk(argc > 1 ? argv[1] : ".");
	printf("%lu files, %lu directories, %lu bytes\n", files, directories,
	       bytes);
	if (fflush(stdout) != 0 || ferror(stdout)) {
		perror("standard output");
		return 1;
	}
	return failed;
}
