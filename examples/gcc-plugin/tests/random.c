/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Functions that are made at random are run one after the other, each in a fresh
 * folder, in several situations; it prints what each came to.
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

/* What a function can get at that is not its own. */
static struct {
	char a[16];
	char b[16];
	struct stat st;
	long counter;
} memory;

typedef long (*function)(int dir, int outside, const char *name, size_t size);

#define RANDOM static __attribute__((noipa))

#include "functions.inc"

/* As many descriptors as there may be. */
#define MOST 24

enum { ORDINARY, MISSING, CLOSED, FEW, SHORT, SITUATIONS };

static void make(const char *path, const char *text)
{
	FILE *file = fopen(path, "w");

	if (!file || fputs(text, file) < 0 || fclose(file) != 0)
		exit(3);
}

static void remove_all(const char *path)
{
	DIR *folder = opendir(path);
	struct dirent *entry;

	while (folder && (entry = readdir(folder))) {
		char whole[600];

		if (strcmp(entry->d_name, ".") == 0 ||
		    strcmp(entry->d_name, "..") == 0)
			continue;
		snprintf(whole, sizeof(whole), "%s/%s", path, entry->d_name);
		if (unlink(whole) != 0)
			remove_all(whole);
	}
	if (folder)
		closedir(folder);
	(void)!rmdir(path);
}

static void prepare(int situation)
{
	remove_all("scratch");
	if (mkdir("scratch", 0700) != 0 ||
	    chdir("scratch") != 0 || mkdir("sub", 0700) != 0)
		exit(3);
	make("a", "some text that is longer than sixteen bytes");
	if (situation != MISSING) {
		make("b", "short");
		make("sub/c", "");
	}
	if (symlink("a", "link") != 0)
		exit(3);
}

static void limit(int resource, rlim_t most)
{
	struct rlimit found;

	if (getrlimit(resource, &found) != 0)
		exit(3);
	found.rlim_cur = most < found.rlim_max ? most : found.rlim_max;
	if (setrlimit(resource, &found) != 0)
		exit(3);
}

static void show_bytes(const char *bytes, size_t count)
{
	for (size_t k = 0; k < count; k++)
		printf("%02x", (unsigned char)bytes[k]);
	putchar(' ');
}

static void show_files(const char *path)
{
	struct dirent **names;
	const int count = scandir(path, &names, NULL, alphasort);

	for (int k = 0; k < count; k++) {
		char whole[600], text[64] = "";
		struct stat st;
		FILE *file;

		snprintf(whole, sizeof(whole), "%s/%s", path, names[k]->d_name);
		if (lstat(whole, &st) == 0 && S_ISREG(st.st_mode)) {
			file = fopen(whole, "r");
			printf("%s %o: ", whole, (unsigned int)st.st_mode);
			if (file) {
				show_bytes(text, fread(text, 1, sizeof(text), file));
				fclose(file);
			}
		} else {
			printf("%s ", whole);
		}
		free(names[k]);
	}
	if (count >= 0)
		free(names);
}

static int open_descriptors(void)
{
	int count = 0;

	for (int k = 0; k < MOST; k++)
		count += fcntl(k, F_GETFD) >= 0;
	return count;
}

static void run(int index, int situation)
{
	char mark[64];
	int dir, outside, before, error;
	long result;

	prepare(situation);
	dir = open(".", O_RDONLY | O_DIRECTORY);
	outside = open("a", index % 2 ? O_RDWR : O_RDONLY);
	memset(&memory, 'z', sizeof(memory));
	memory.counter = index;
	if (situation == CLOSED) {
		close(outside);
		outside = MOST - 1;
	}
	before = open_descriptors();
	if (situation == FEW)
		limit(RLIMIT_NOFILE, (rlim_t)before + 1 + index % 3);
	if (situation == SHORT)
		limit(RLIMIT_FSIZE, 5 + index % 40);
	snprintf(mark, sizeof(mark), "/mark/%d/%d", index, situation);
	(void)!access(mark, F_OK);
	errno = 0;
	result = functions[index](dir, outside, "ab", (size_t)index % 7);
	error = errno;
	(void)!access("/mark/done", F_OK);
	limit(RLIMIT_NOFILE, MOST);
	limit(RLIMIT_FSIZE, RLIM_INFINITY);
	printf("%d/%d: %ld %d %ld %d ", index, situation, result, error,
	       memory.counter, open_descriptors() - before);
	show_bytes(memory.a, sizeof(memory.a));
	show_bytes(memory.b, sizeof(memory.b));
	printf("%lld %o ", (long long)memory.st.st_size,
	       (unsigned int)memory.st.st_mode);
	show_files(".");
	show_files("sub");
	putchar('\n');
	if (close_range(3, MOST, 0) != 0 || chdir("..") != 0)
		exit(3);
}

int main(void)
{
	for (size_t k = 0; k < sizeof(functions) / sizeof(functions[0]); k++)
		for (int situation = 0; situation < SITUATIONS; situation++)
			run((int)k, situation);
	return fflush(stdout) != 0;
}
