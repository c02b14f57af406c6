/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* GCC's headers, which want to be included in this order. */
#ifndef COMBINE_GCC_H
#define COMBINE_GCC_H

#include <algorithm>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "gcc-plugin.h"
#include "plugin-version.h"

#include "tree.h"
#include "gimple.h"
#include "ssa.h"
#include "tree-pass.h"
#include "context.h"
#include "cfghooks.h"
#include "cfgloop.h"
#include "cfganal.h"
#include "cgraph.h"
#include "diagnostic-core.h"
#include "fold-const.h"
#include "gimple-iterator.h"
#include "gimple-fold.h"
#include "gimplify.h"
#include "stor-layout.h"
#include "tree-cfg.h"
#include "tree-eh.h"
#include "tree-phinodes.h"
#include "tree-ssa-alias.h"
#include "tree-ssanames.h"

#endif
