/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The name under which user-space programs had it. */
#include <linux/syslet.h>
