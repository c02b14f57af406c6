/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "calls.h"

#include <fcntl.h>
#include <sys/syscall.h>

namespace combine {

namespace {

/*
 * As glibc 2.36 and 2.41 make them on x86-64; the test `calls` compares each.
 * The names with 64 are what the others become with _FILE_OFFSET_BITS=64.
 */
const Function functions[] = {
	{ "access", "ipi", __NR_access, "01", Gives::status },
	{ "chdir", "ip", __NR_chdir, "0", Gives::status },
	{ "chmod", "ipu", __NR_chmod, "01", Gives::status },
	{ "close", "ii", __NR_close, "0", Gives::status },
	{ "dup", "ii", __NR_dup, "0", Gives::number },
	{ "dup2", "iii", __NR_dup2, "01", Gives::number },
	{ "dup3", "iiii", __NR_dup3, "012", Gives::number },
	{ "fchdir", "ii", __NR_fchdir, "0", Gives::status },
	{ "fchmod", "iiu", __NR_fchmod, "01", Gives::status },
	{ "fchown", "iiuu", __NR_fchown, "012", Gives::status },
	{ "fdatasync", "ii", __NR_fdatasync, "0", Gives::status },
	{ "flock", "iii", __NR_flock, "01", Gives::status },
	{ "fstat", "iip", __NR_fstat, "01", Gives::status, true },
	{ "fstat64", "iip", __NR_fstat, "01", Gives::status, true },
	{ "fsync", "ii", __NR_fsync, "0", Gives::status },
	{ "ftruncate", "iil", __NR_ftruncate, "01", Gives::status },
	{ "ftruncate64", "iil", __NR_ftruncate, "01", Gives::status },
	{ "getegid", "u", __NR_getegid, "", Gives::identity },
	{ "geteuid", "u", __NR_geteuid, "", Gives::identity },
	{ "getgid", "u", __NR_getgid, "", Gives::identity },
	{ "getpid", "i", __NR_getpid, "", Gives::identity },
	{ "getppid", "i", __NR_getppid, "", Gives::identity },
	{ "getuid", "u", __NR_getuid, "", Gives::identity },
	{ "link", "ipp", __NR_link, "01", Gives::status },
	{ "linkat", "iipipi", __NR_linkat, "01234", Gives::status },
	{ "lseek", "lili", __NR_lseek, "012", Gives::offset },
	{ "lseek64", "lili", __NR_lseek, "012", Gives::offset },
	{ "lstat", "ipp", __NR_newfstatat, "C01N", Gives::status },
	{ "lstat64", "ipp", __NR_newfstatat, "C01N", Gives::status },
	{ "mkdir", "ipu", __NR_mkdir, "01", Gives::status },
	{ "mkdirat", "iipu", __NR_mkdirat, "012", Gives::status },
	{ "open", "ipi.", __NR_openat, "C01M", Gives::number },
	{ "open64", "ipi.", __NR_openat, "C01M", Gives::number },
	{ "openat", "iipi.", __NR_openat, "012M", Gives::number },
	{ "openat64", "iipi.", __NR_openat, "012M", Gives::number },
	{ "pread", "lipLl", __NR_pread64, "0123", Gives::number },
	{ "pread64", "lipLl", __NR_pread64, "0123", Gives::number },
	{ "pwrite", "lipLl", __NR_pwrite64, "0123", Gives::number },
	{ "pwrite64", "lipLl", __NR_pwrite64, "0123", Gives::number },
	{ "read", "lipL", __NR_read, "012", Gives::number },
	{ "readlink", "lppL", __NR_readlink, "012", Gives::number },
	{ "readlinkat", "lippL", __NR_readlinkat, "0123", Gives::number },
	{ "rename", "ipp", __NR_rename, "01", Gives::status },
	{ "renameat", "iipip", __NR_renameat, "0123", Gives::status },
	{ "rmdir", "ip", __NR_rmdir, "0", Gives::status },
	{ "shutdown", "iii", __NR_shutdown, "01", Gives::status },
	{ "stat", "ipp", __NR_newfstatat, "C01", Gives::status },
	{ "stat64", "ipp", __NR_newfstatat, "C01", Gives::status },
	{ "symlink", "ipp", __NR_symlink, "01", Gives::status },
	{ "symlinkat", "ipip", __NR_symlinkat, "012", Gives::status },
	{ "truncate", "ipl", __NR_truncate, "01", Gives::status },
	{ "truncate64", "ipl", __NR_truncate, "01", Gives::status },
	{ "unlink", "ip", __NR_unlink, "0", Gives::status },
	{ "unlinkat", "iipi", __NR_unlinkat, "012", Gives::status },
	{ "write", "lipL", __NR_write, "012", Gives::number },
};

bool is_type(const_tree type, char letter)
{
	if (letter == 'p')
		return POINTER_TYPE_P(type);
	if (!INTEGRAL_TYPE_P(type))
		return false;
	switch (letter) {
	case 'i':
		return TYPE_PRECISION(type) == 32 && !TYPE_UNSIGNED(type);
	case 'u':
		return TYPE_PRECISION(type) == 32 && TYPE_UNSIGNED(type);
	case 'l':
		return TYPE_PRECISION(type) == 64 && !TYPE_UNSIGNED(type);
	case 'L':
		return TYPE_PRECISION(type) == 64 && TYPE_UNSIGNED(type);
	}
	return false;
}

bool has_prototype(const_tree type, const char *prototype)
{
	if (!is_type(TREE_TYPE(type), *prototype++))
		return false;
	tree parameters = TYPE_ARG_TYPES(type);
	for (; *prototype && *prototype != '.'; prototype++) {
		if (!parameters || !is_type(TREE_VALUE(parameters), *prototype))
			return false;
		parameters = TREE_CHAIN(parameters);
	}
	/* The list of a function that takes no more ends with void. */
	const bool ends = parameters && parameters == void_list_node;
	return *prototype == '.' ? parameters == NULL_TREE : ends;
}

unsigned parameter_count(const char *prototype)
{
	unsigned count = 0;
	while (prototype[count + 1] && prototype[count + 1] != '.')
		count++;
	return count;
}

} // namespace

const Function *called_function(const gcall *call)
{
	tree decl = gimple_call_fndecl(call);
	if (!decl || !DECL_EXTERNAL(decl) || !TREE_PUBLIC(decl) ||
	    !DECL_IN_SYSTEM_HEADER(decl) ||
	    !types_compatible_p(gimple_call_fntype(call), TREE_TYPE(decl)))
		return nullptr;
	const char *name = IDENTIFIER_POINTER(DECL_ASSEMBLER_NAME(decl));
	/* Before a name that it is not to change GCC puts an asterisk. */
	if (*name == '*')
		name++;
	for (const Function &function : functions) {
		if (strcmp(function.name, name) != 0)
			continue;
		const unsigned count = parameter_count(function.prototype);
		const unsigned given = gimple_call_num_args(call);
		const bool fits = strchr(function.prototype, '.')
					  ? given == count || given == count + 1
					  : given == count;
		return fits && has_prototype(TREE_TYPE(decl), function.prototype)
			       ? &function
			       : nullptr;
	}
	return nullptr;
}

std::string called_name(const gcall *call)
{
	if (const Function *function = called_function(call))
		return function->name;
	tree decl = gimple_call_fndecl(call);
	if (decl && DECL_NAME(decl))
		return IDENTIFIER_POINTER(DECL_NAME(decl));
	return gimple_call_internal_p(call) ? "an operation of the compiler"
					    : "a function by its address";
}

std::optional<tree> mode_argument(const gcall *call, unsigned flags_at)
{
	tree flags = gimple_call_arg(call, flags_at);
	if (TREE_CODE(flags) != INTEGER_CST)
		return std::nullopt;
	const auto bits = TREE_INT_CST_LOW(flags);
	/* O_TMPFILE has the bit of O_DIRECTORY in it. */
	const bool wanted = (bits & O_CREAT) || (bits & O_TMPFILE) == O_TMPFILE;
	if (!wanted)
		return integer_zero_node;
	if (gimple_call_num_args(call) != flags_at + 2)
		return std::nullopt;
	return gimple_call_arg(call, flags_at + 1);
}

} // namespace combine
