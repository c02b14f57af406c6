/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Prints of each file how long it is and its first line: open, fstat, read, close. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static int head(const char *path)
{
	char buffer[512], *end;
	struct stat st;
	ssize_t length;
	int file;

	file = open(path, O_RDONLY);
	if (file < 0)
		return -1;
	if (fstat(file, &st) < 0)
		goto failed;
	length = read(file, buffer, sizeof(buffer) - 1);
	if (length < 0)
		goto failed;
	if (close(file) < 0)
		return -1;
	buffer[length] = '\0';
	end = strchr(buffer, '\n');
	if (end)
		*end = '\0';
	printf("%s: %lld bytes: %s\n", path, (long long)st.st_size, buffer);
	return 0;
failed:
	close(file);
	return -1;
}

int main(int argc, char **argv)
{
	int k, status = 0;

	for (k = 1; k < argc; k++) {
		if (head(argv[k]) < 0) {
			fprintf(stderr, "%s: %s\n", argv[k], strerror(errno));
			status = 1;
		}
	}
	if (fflush(stdout) != 0) {
		perror("standard output");
		status = 1;
	}
	return status;
}
