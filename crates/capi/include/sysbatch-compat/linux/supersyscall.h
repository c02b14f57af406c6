/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The name under which a kernel would have it. */
#include <supersyscall.h>
