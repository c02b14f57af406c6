/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Replaces a file as a whole: writes another beside it, and renames that when it
 * is on the disk. What it writes is its first arguments, a line each.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static int save(const char *path, const char *other, const char *text,
		size_t length)
{
	int file, error;

	file = open(other, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
	if (file == -1)
		return -1;
	if (write(file, text, length) != (ssize_t)length)
		goto failed;
	if (fsync(file) == -1)
		goto failed;
	if (close(file) == -1)
		goto unlink;
	if (rename(other, path) == -1)
		goto unlink;
	return 0;
failed:
	error = errno;
	close(file);
	errno = error;
unlink:
	error = errno;
	unlink(other);
	errno = error;
	return -1;
}

int main(int argc, char **argv)
{
	char text[4096], other[256];
	size_t length = 0;
	int k;

	if (argc < 2 || strlen(argv[argc - 1]) > sizeof(other) - 5) {
		fprintf(stderr, "usage: %s [LINE...] FILE\n", argv[0]);
		return 2;
	}
	for (k = 1; k < argc - 1; k++) {
		const size_t size = strlen(argv[k]);

		if (length + size + 1 > sizeof(text))
			break;
		memcpy(text + length, argv[k], size);
		text[length + size] = '\n';
		length += size + 1;
	}
	strcpy(other, argv[argc - 1]);
	strcat(other, ".new");
	if (save(argv[argc - 1], other, text, length) < 0) {
		fprintf(stderr, "%s: %s\n", argv[argc - 1], strerror(errno));
		return 1;
	}
	return 0;
}
