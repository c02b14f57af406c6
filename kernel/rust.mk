# SPDX-License-Identifier: GPL-2.0-only
# How the Rust half is compiled: core, the two shared crates and the kernel
# host, with the code generation rules of the kernel they will run in.
#
# Read by Kbuild, so that the CONFIG_ variables of that kernel and the rules of
# scripts/Kbuild.include (if_changed, cmd_objtool) are at hand. The kernel
# needs no CONFIG_RUST: nothing of its own Rust support is used.

rust-files = $(shell find $(SYSBATCH_ROOT)/$(1) -name '*.rs')

# Features that only a target description can ask for, as
# scripts/generate_rust_target.rs in the kernel does.
features-y :=
features-$(or $(CONFIG_RETPOLINE),$(CONFIG_MITIGATION_RETPOLINE)) += \
	retpoline-external-thunk retpoline-indirect-branches retpoline-indirect-calls
features-$(or $(CONFIG_SLS),$(CONFIG_MITIGATION_SLS)) += harden-sls-ijmp harden-sls-ret

comma := ,
empty :=
space := $(empty) $(empty)
feature-list := $(subst $(space),,$(foreach feature,$(features-y),$(comma)+$(feature)))

# arch/x86/Makefile and the top Makefile of the kernel, for the same options.
# The module loader knows no global offset table, hence plt and direct access.
flags-y := --target=$(obj)/target.json -Zunstable-options \
	-Cpanic=abort -Copt-level=3 -Ccodegen-units=1 -Cdebuginfo=1 \
	-Coverflow-checks=n -Cdebug-assertions=n -Cforce-unwind-tables=n \
	-Crelocation-model=static -Ccode-model=kernel -Cno-redzone=y -Cforce-frame-pointers=n -Zfunction-sections=n \
	-Zplt=yes -Zdirect-access-external-data=yes
flags-$(or $(CONFIG_RETHUNK),$(CONFIG_MITIGATION_RETHUNK)) += -Zfunction-return=thunk-extern
flags-$(CONFIG_X86_KERNEL_IBT) += -Zcf-protection=branch
flags-$(CONFIG_CALL_PADDING) += \
	-Zpatchable-function-entry=$(CONFIG_FUNCTION_PADDING_BYTES),$(CONFIG_FUNCTION_PADDING_BYTES)

# KASAN, with the parameters that scripts/Makefile.kasan has for the kernel's own.
kasan-prefix-$(CONFIG_CC_HAS_KASAN_MEMINTRINSIC_PREFIX) := \
	-Cllvm-args=-asan-kernel-mem-intrinsic-prefix=1
flags-$(CONFIG_KASAN_GENERIC) += -Zsanitizer=kernel-address -Zsanitizer-recover=kernel-address \
	-Cllvm-args=-asan-mapping-offset=$(CONFIG_KASAN_SHADOW_OFFSET) \
	-Cllvm-args=-asan-instrumentation-with-call-threshold=$(if $(CONFIG_KASAN_INLINE),10000,0) \
	-Cllvm-args=-asan-stack=$(if $(CONFIG_KASAN_STACK),1,0) -Cllvm-args=-asan-globals=1 \
	$(kasan-prefix-y)

rustc := RUSTC_BOOTSTRAP=1 $(SYSBATCH_RUSTC)
# Part of every command, so that another compiler rebuilds everything.
rustc-version := $(shell $(SYSBATCH_RUSTC) --version)

# What older compilers, down to that of rust-compiler.sh, spell otherwise.
rustc-minor := $(shell echo '$(rustc-version)' | sed -n 's/^rustc 1\.\([0-9]*\)\..*/\1/p')
rustc-before = $(shell test $(rustc-minor) -lt $(1) && echo y)

# IBT forbids jump tables (arch/x86/Makefile); retpolines make them useless.
jump-tables-y := -Cjump-tables=n
jump-tables-$(call rustc-before,93) := -Zno-jump-tables
flags-y += $(jump-tables-y)
# The library is written in an edition of its own.
core-edition := $(shell sed -n 's/^edition = "\(.*\)"$$/\1/p' $(SYSBATCH_CORE)/Cargo.toml)
# Stable since 1.87 and 1.88.
language-$(call rustc-before,87) += -Zcrate-attr='feature(integer_sign_cast,unsigned_is_multiple_of)'
language-$(call rustc-before,88) += -Zcrate-attr='feature(let_chains)'

targets += target.json libcore.rlib libcompiler_builtins.rlib libsysbatch_abi.rlib libsysbatch_engine.rlib engine_rs.o

quiet_cmd_rust_target = RUSTTGT $@
      cmd_rust_target = : '$(rustc-version)'; \
	$(rustc) --target=x86_64-unknown-none -Zunstable-options --print=target-spec-json | \
	sed 's/+soft-float/&$(feature-list)/' > $@ && grep -q '+soft-float$(feature-list)' $@
$(obj)/target.json: FORCE
	$(call if_changed,rust_target)

# core is compiled by rules of its own: its lints are not ours to judge.
# Only bitcode is kept, for it is the final object's optimizer that chooses
# what of it is needed.
quiet_cmd_rust_core = RUSTC   $@
      cmd_rust_core = : '$(rustc-version)'; $(rustc) --edition=$(core-edition) $(flags-y) --cap-lints=allow \
	-Clinker-plugin-lto --crate-name=core --crate-type=rlib --cfg=no_fp_fmt_parse \
	--emit=link=$@ $<
$(obj)/libcore.rlib: $(SYSBATCH_CORE)/src/lib.rs $(obj)/target.json FORCE
	$(call if_changed,rust_core)

# $(1): crate name. The two crates below every other are found in their folder.
rust_crate = : '$(rustc-version)'; $(rustc) --edition=2024 $(flags-y) $(language-y) \
	-Dwarnings --crate-name=$(1) -L$(obj)

quiet_cmd_rust_library = RUSTC   $@
      cmd_rust_library = $(call rust_crate,$(patsubst lib%,%,$(basename $(@F)))) \
	-Clinker-plugin-lto --crate-type=rlib --emit=link=$@ $(externs) $<
$(obj)/libcompiler_builtins.rlib: $(src)/compiler_builtins.rs $(obj)/libcore.rlib FORCE
	$(call if_changed,rust_library)

$(obj)/libsysbatch_abi.rlib: $(SYSBATCH_ROOT)/crates/abi/src/lib.rs \
		$(obj)/libcompiler_builtins.rlib $(call rust-files,crates/abi/src) FORCE
	$(call if_changed,rust_library)

$(obj)/libsysbatch_engine.rlib: externs := --extern=sysbatch_abi=$(obj)/libsysbatch_abi.rlib
$(obj)/libsysbatch_engine.rlib: $(SYSBATCH_ROOT)/crates/engine/src/lib.rs \
		$(obj)/libsysbatch_abi.rlib $(call rust-files,crates/engine/src) FORCE
	$(call if_changed,rust_library)

# A static library is where rustc optimizes the whole program; the linker takes
# from it the one object that holds the entry points and what they reach.
quiet_cmd_rust_object = RUSTC   $@
      cmd_rust_object = $(call rust_crate,sysbatch_kernel_host) \
	-Clto=fat --crate-type=staticlib --emit=link=$(@:.o=.a) \
	--extern=sysbatch_abi=$(obj)/libsysbatch_abi.rlib \
	--extern=sysbatch_engine=$(obj)/libsysbatch_engine.rlib $< && \
	$(LD) -m elf_x86_64 -z noexecstack -r -o $@ \
		--undefined=sysbatch_host_ioctl --undefined=SYSBATCH_HOST_INFO \
		--undefined=sysbatch_host_compat_ioctl --undefined=sysbatch_host_switch \
		--undefined=sysbatch_host_series $(@:.o=.a) $(cmd_objtool)
# Without IBT objtool looks at each object and not at the linked module, and
# Kbuild only knows to do so for the objects it compiles.
$(obj)/engine_rs.o: private objtool-enabled = $(if $(delay-objtool),,y)
$(obj)/engine_rs.o: private part-of-module = y
$(obj)/engine_rs.o: $(SYSBATCH_ROOT)/kernel/host/src/lib.rs $(obj)/libsysbatch_engine.rlib \
		$(call rust-files,kernel/host/src) FORCE
	$(call if_changed,rust_object)
